"""Every check by its name, as a stored expectation names it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from scenarios.checks import (
    authorization_request,
    bearer,
    freshness,
    mixing,
    pkce,
    redirected,
    refresh,
    secrecy,
    token_request,
)
from scenarios.checks.login import Login
from scenarios.model.verdict import Finding

Check = Callable[[Sequence[Login]], Iterator[Finding]]

_ALL: tuple[Check, ...] = (
    token_request.token_request_is_a_form_post,
    token_request.redirect_uri_is_repeated,
    token_request.basic_app_authenticates,
    token_request.basic_credentials_are_form_encoded,
    token_request.pkce_app_sends_no_authorization,
    token_request.pkce_app_sends_its_client_id,
    token_request.pkce_app_sends_no_secret,
    token_request.one_authentication_method,
    token_request.secret_is_not_in_the_body,
    token_request.code_is_sent_once,
    token_request.code_is_unchanged,
    token_request.no_other_grant_is_tried,
    token_request.parameters_are_not_repeated,
    pkce.challenge_is_sent,
    pkce.challenge_method_is_s256,
    pkce.challenge_is_well_formed,
    pkce.verifier_is_well_formed,
    pkce.verifier_matches_the_challenge,
    pkce.verifier_goes_with_a_challenge,
    freshness.state_is_sent,
    freshness.state_never_repeats,
    freshness.challenge_never_repeats,
    freshness.state_is_long_enough,
    freshness.state_is_printable,
    freshness.state_and_scope_hold_no_secret,
    secrecy.no_secret_in_a_url,
    secrecy.no_secret_at_another_origin,
    redirected.token_request_stays_a_post,
    redirected.host_is_of_the_place_redirected_to,
    refresh.refresh_token_is_the_issued_one,
    refresh.refreshes_again_with_the_kept_token,
    refresh.refresh_is_made,
    refresh.refresh_holds_only_oauth_fields,
    refresh.refresh_scope_is_not_wider,
    refresh.refresh_scope_is_within_the_grant,
    refresh.replaced_refresh_token_is_dropped,
    refresh.no_refresh_without_a_refresh_token,
    bearer.access_token_is_in_one_place,
    bearer.access_token_is_in_the_header,
    bearer.access_token_is_not_in_the_query,
    bearer.body_with_a_token_is_a_form,
    bearer.scheme_is_spelled_bearer,
    bearer.refresh_token_is_not_sent_to_the_api,
    authorization_request.parameters_are_in_the_query,
    authorization_request.response_type_is_code,
    authorization_request.address_has_no_user_information,
    authorization_request.nothing_is_sent_empty,
    authorization_request.client_id_is_as_configured,
    authorization_request.redirect_uri_is_sent,
    authorization_request.redirect_uri_is_as_configured,
    authorization_request.scope_tokens_are_as_configured,
    authorization_request.offline_is_not_added,
    authorization_request.authorization_query_is_kept,
    authorization_request.token_query_is_kept,
    authorization_request.unknown_parameters_are_not_forwarded,
    mixing.verifier_is_of_the_same_login,
    mixing.one_code_is_sent,
    mixing.code_is_not_redeemed,
    mixing.verifier_stays_secret,
)

CHECKS: Mapping[str, Check] = MappingProxyType({check.__name__: check for check in _ALL})
