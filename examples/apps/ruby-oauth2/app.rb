# A web application on the gem oauth2, put together as its README does it, with WEBrick and a session for each browser.

require "base64"
require "digest"
require "oauth2"
require "securerandom"
require "webrick"

CLIENT_SECRET = ENV["CLIENT_SECRET"]
REDIRECT_URI = ENV.fetch("REDIRECT_URI")
ME = "#{ENV.fetch("API_URL")}/me"

CLIENT = OAuth2::Client.new(
  ENV.fetch("CLIENT_ID"), CLIENT_SECRET, :authorize_url => ENV.fetch("AUTHORIZE_URL"), :token_url => ENV.fetch("TOKEN_URL")
)

# What belongs to a browser, by the name that its cookie holds.
SESSIONS = {}

def session_of(request)
  cookie = request.cookies.find { |each| each.name == "session" }
  SESSIONS[cookie&.value] || {}
end

# The gem knows nothing of PKCE, and passes on what it is given; where there is a secret, that is nothing.
def challenge(session)
  return {} if CLIENT_SECRET

  session[:verifier] = SecureRandom.urlsafe_base64(48)
  digest = Digest::SHA256.digest(session[:verifier])
  { :code_challenge => Base64.urlsafe_encode64(digest, :padding => false), :code_challenge_method => "S256" }
end

def login(request, response)
  session, name = session_of(request).dup, SecureRandom.hex
  SESSIONS[name] = session
  session[:state] = SecureRandom.hex
  cookie = WEBrick::Cookie.new("session", name)
  cookie.path = "/"
  response.cookies << cookie
  wanted = { :redirect_uri => REDIRECT_URI, :scope => ENV.fetch("SCOPE"), :state => session[:state] }
  response.set_redirect(WEBrick::HTTPStatus::Found, CLIENT.auth_code.authorize_url(wanted.merge(challenge(session))))
end

def callback(request, response)
  session = session_of(request)
  raise "the state is not that of this session" unless session[:state] && session[:state] == request.query["state"]

  known = { :redirect_uri => REDIRECT_URI }
  known[:code_verifier] = session[:verifier] if session[:verifier]
  session[:token] = CLIENT.auth_code.get_token(request.query["code"], known)
  response.set_redirect(WEBrick::HTTPStatus::Found, "/me")
end

def me(request, response)
  token = session_of(request)[:token] or raise "nobody is logged in"
  response.body = token.get(ME).body
end

def refresh(request, response)
  session = session_of(request)
  session[:token] = session.fetch(:token).refresh!
  me(request, response)
end

quiet = { :Logger => WEBrick::Log.new(File::NULL), :AccessLog => [] }
server = WEBrick::HTTPServer.new(:BindAddress => "127.0.0.1", :Port => Integer(ENV.fetch("PORT")), **quiet)
%i[login callback me refresh].each do |page|
  server.mount_proc("/#{page}") do |request, response|
    send(page, request, response)
  rescue OAuth2::Error, RuntimeError, KeyError
    response.status = 400
    response.body = "That did not work."
  end
end
trap("TERM") { server.shutdown }
trap("INT") { server.shutdown }
server.start
