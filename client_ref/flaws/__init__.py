"""One module for each place where clients go wrong; `client_ref.flawed` is the table of them all."""
