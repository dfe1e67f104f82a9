import pytest

from clinics.templatetags.browsers import browser_in_words

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Linux"),
        (CHROME.replace("X11; Linux x86_64", "Windows NT 10.0") + " Edg/156.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1",
            "Safari on an iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:140) Firefox/140.0", "Firefox on a Mac"),
        ("", "Unknown browser"),
    ],
)
def test_browser_is_named_in_words(user_agent, words):
    assert browser_in_words(user_agent) == words
