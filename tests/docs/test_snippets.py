"""The reader of documents: what it finds, and that a wrong sample does not pass for a right one."""

import pytest

from tests.docs.snippets import missing_lines, snippets

DOCUMENT = """
# Title

<!-- test: run -->
```sh
oauthspec --help  # explains itself

# only this
oauthspec list
```

Text.

```python
unmarked()
```

<!-- test: none, downloads -->

```sh
pipx install .
```
"""


def test_blocks_are_found_with_their_marks_and_lines(tmp_path):
    document = tmp_path / "README.md"
    document.write_text(DOCUMENT)
    run, unmarked, none = snippets(document)
    assert (str(run), run.mark, run.commands) == ("README.md:5", "run", ["oauthspec --help", "oauthspec list"])
    assert (unmarked.mark, unmarked.text) == ("", "unmarked()\n")
    assert none.kind == "none"


@pytest.mark.parametrize(
    ("sample", "missing"),
    [
        ("token  http://127.0.0.1:4444/t\nsecret ...\n", []),
        ("secret ...", []),
        ("secret ...\ntoken  http://127.0.0.1:4444/t", ["token  http://127.0.0.1:4444/t"]),
        ("token  http://127.0.0.1:4444/other", ["token  http://127.0.0.1:4444/other"]),
        ("token", ["token"]),
        ("invented", ["invented"]),
    ],
)
def test_a_sample_is_compared_line_by_line_and_in_order(sample, missing):
    assert missing_lines(sample, ["banner", "token http://127.0.0.1:39001/t", "secret 8f3a"]) == missing
