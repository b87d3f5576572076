"""What the browser and the log get to see."""

from __future__ import annotations

from tests.client_ref.browser import logged
from tests.client_ref.probes.probe import Make, forms, page_after, row


@row("S-LOG-01")
def no_secret_in_log_or_page(make: Make) -> bool:
    with logged() as lines:
        seat, session = make(), {}
        seat.log_in(session)
    page = page_after(make, "code={code}&state={state}", follow=True)
    shown = page.text + "".join(str(answer.headers) for answer in (*page.history, page)) + "".join(lines)
    return not any(secret in shown for secret in ("AT-", "RT-", "the-secret", forms(seat)[0]["code_verifier"]))


@row("S-CB-11")
def hostile_text(make: Make) -> bool:
    page = page_after(make, "error=access_denied&error_description=%3Cscript%3E&state={state}")
    unprintable = page_after(make, "error=access_denied&error_description=%1B%5B2J&state={state}")
    return "<script>" not in page.text and "authorization_error" in unprintable.text


@row("S-PKCE-03")
def cookies_gone(make: Make) -> bool:
    return page_after(make, "code={code}&state={state}", forget=True).posts == 0


@row("S-CB-12")
def open_redirect(make: Make) -> bool:
    page = page_after(make, "code={code}&state={state}&next=https://evil.example/")
    begun = page_after(make, "code={code}&state={state}", begin="/login?next=https://evil.example/")
    return all(each.headers["location"].startswith("/") for each in (page, begun))


@row("S-CB-13")
def page_hygiene(make: Make) -> bool:
    page = page_after(make, "code={code}&state={state}")
    return (page.status_code, page.headers.get("location"), page.headers.get("referrer-policy")) == (
        303,
        "/",
        "no-referrer",
    )
