"""The texts that bind a client, by clause: `RFC6749.section("4.1.2")`."""


import msgspec


class Clause(msgspec.Struct, frozen=True):
    """One section, or appendix, of one specification."""

    specification: str
    section: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.specification} {_part(self.section)} {self.section}" if self.section else self.specification


def _part(number: str) -> str:
    return "appendix" if len(number.partition(".")[0]) == 1 and number[0].isalpha() else "section"


def short(text: str) -> str:
    """A clause as a ledger writes it: `RFC 6749 4.1.2` where somebody says `RFC 6749 section 4.1.2`."""
    return text.replace(" section ", " ").replace(" appendix ", " ")


class Specification(msgspec.Struct, frozen=True):
    """A text with numbered sections; `url` is a pattern with places for `section` or `appendix` and its number."""

    name: str
    title: str
    url: str
    # Highest subsection of each section that exists, as ranges; see `section`.
    sections: frozenset[str]

    def section(self, number: str) -> Clause:
        """A clause; `KeyError` where the text has no such section."""
        if number not in self.sections:
            raise KeyError(f"{self.name} has no section {number!r}")
        return Clause(self.name, number, self.url.format(_part(number), number))


def _numbers(text: str) -> frozenset[str]:
    """Section numbers written in short: `4.1:1-4` is 4.1 with 4.1.1 to 4.1.4."""
    numbers: set[str] = set()
    for word in text.split():
        base, _, last = word.partition(":")
        numbers.add(base)
        if last:
            low, _, high = last.partition("-")
            numbers.update(f"{base}.{number}" for number in range(int(low), int(high or low) + 1))
    return frozenset(numbers)


def _rfc(number: int, title: str, sections: str) -> Specification:
    pattern = f"https://www.rfc-editor.org/rfc/rfc{number}#{{}}-{{}}"
    return Specification(f"RFC {number}", title, pattern, _numbers(sections))


RFC6749 = _rfc(
    6749,
    "The OAuth 2.0 Authorization Framework",
    "1:1-8 1.3:1-4 2:1-4 2.3:1-2 3:1-3 3.1:1-2 3.1.2:1-5 3.2:1 4:1-5 4.1:1-4 4.1.2:1 4.2:1-2 4.2.2:1 4.3:1-3 "
    "4.4:1-3 5:1-2 6 7:1-2 8:1-5 9 10:1-16 11:1-4 12 A:1-17 B",
)
RFC6750 = _rfc(6750, "Bearer Token Usage", "1:1-3 2:1-3 3:1 4 5:1-3")
RFC7636 = _rfc(7636, "Proof Key for Code Exchange", "1:1-2 2 3:1-2 4:1-6 5 6:1-2 6.2:1-2 7:1-5 A B")
RFC8252 = _rfc(8252, "OAuth 2.0 for Native Apps", "1 2 3 4:1 5 6 7:1-3 8:1-12")
RFC9207 = _rfc(9207, "Authorization Server Issuer Identification", "1 2:1-4 3 4 5")
RFC9700 = _rfc(
    9700,
    "Best Current Practice for OAuth 2.0 Security",
    "1:1 2:1-6 2.1:1-2 2.2:1-2 3 4:1-18 4.1:1-3 4.2:1-4 4.3:1-2 4.4:1-2 4.4.2:1-2 4.5:1-3 4.7:1 4.8:1-2 4.9:1-3 "
    "4.10:1-2 4.11:1-2 4.12 4.13 4.14:1-2 4.15:1 4.16 4.17:1-3 4.18:1-2",
)
RFC9110 = _rfc(
    9110,
    "HTTP Semantics",
    "4.2:1-5 4.3:1-4 7:1-7 8:1-8 8.3:1-3 9:1-3 9.2:1-3 9.3:1-8 10:1-2 10.1:1-6 10.2:1-4 11:1-7 15:1-6 15.2:1-2 "
    "15.3:1-7 15.4:1-9 15.5:1-22 15.6:1-6 2:1-6",
)
RFC9111 = _rfc(9111, "HTTP Caching", "3:1-5 4:1-4 5:1-5 5.2:1-3 5.2.2:1-11")
RFC8414 = _rfc(8414, "OAuth 2.0 Authorization Server Metadata", "1:1-2 2:1 3:1-3 4 5 6:1-2 7:1-3 8:1-2")
RFC8259 = _rfc(8259, "The JSON Data Interchange Format", "1:1-3 2 3 4 5 6 7 8:1-3 9 10 11 12")
RFC6585 = _rfc(6585, "Additional HTTP Status Codes", "2 3 4 5 6 7")
RFC7009 = _rfc(7009, "Token Revocation", "1 2:1-3 2.1 2.2:1 3 4 5")
OAUTH21 = Specification(
    "OAuth 2.1 draft",
    "The OAuth 2.1 Authorization Framework (editor's copy of May 2026)",
    "https://datatracker.ietf.org/doc/draft-ietf-oauth-v2-1/#{}-{}",
    _numbers("1:4-5 2.3:1-4 2.4:1 3.2:3 4.1:1-3 4.3:2 5:1 5.1:1 7:1-15 7.1:3 7.5:1 7.5.1:1 7.10 7.12 7.15 8.5:4 10:2"),
)
FRAMEIO_GUIDE = Specification(
    "Frame.io's guide",
    "OAuth 2 Code Authorization Flow, Building an OAuth 2 App, Refreshing OAuth 2 Tokens",
    "https://developer.frame.io/",
    frozenset({"code flow", "building an app", "refreshing"}),
)

SPECIFICATIONS: tuple[Specification, ...] = (
    RFC6749,
    RFC6750,
    RFC7636,
    RFC8252,
    RFC9207,
    RFC9700,
    RFC9110,
    RFC9111,
    RFC8414,
    RFC8259,
    RFC6585,
    RFC7009,
    OAUTH21,
    FRAMEIO_GUIDE,
)


def clause(text: str) -> Clause:
    """A clause from its short form, as in `RFC 6749 4.1.2`; `KeyError` where there is none."""
    for specification in SPECIFICATIONS:
        if text.startswith(specification.name):
            return specification.section(short(text).removeprefix(specification.name).strip())
    raise KeyError(f"no specification is called {text!r}")


