import pytest
from starlette.datastructures import Headers

from app.interactions.asker import Asker, Identities
from core.errors import InvalidRequest

WHO = Identities(b"a secret of some bytes")
TOLD = {"Binocle-User": "ann@example.org", "Binocle-Session": "s1", "User-Agent": "Mozilla/5.0"}


def test_names_are_hashed_with_the_secret() -> None:
    asker = WHO.asker(Headers(TOLD))
    assert asker.user == WHO.user("ann@example.org")
    assert asker.session == WHO.session("s1")
    assert "ann" not in repr(asker)
    assert Identities(b"another secret, as long").user("ann@example.org") != asker.user


def test_a_user_and_a_session_of_one_name_differ() -> None:
    assert WHO.user("a") != WHO.session("a")


@pytest.mark.parametrize("wish", [{"DNT": "1"}, {"Sec-GPC": "1"}])
def test_who_does_not_want_to_be_followed_is_not(wish: dict[str, str]) -> None:
    headers = Headers({**TOLD, "Binocle-Client": "page", **wish})
    assert WHO.asker(headers) == Asker(client="page")


def test_a_search_that_nobody_asked_for_says_so() -> None:
    assert WHO.asker(Headers({"binocle-record": "No"})) == Asker(agent="", recorded=False)
    assert not WHO.asker(Headers({"Binocle-Record": "no", "DNT": "1"})).recorded
    assert WHO.asker(Headers({"Binocle-Record": "yes"})).recorded


def test_a_name_beyond_ascii_is_the_one_that_commands_take() -> None:
    sent = Headers(raw=[(b"binocle-user", "Zoë 李".encode())])
    assert WHO.asker(sent).user == WHO.user("Zoë 李")


def test_nothing_told_is_nobody() -> None:
    assert WHO.asker(Headers({})) == Asker(agent="")


@pytest.mark.parametrize(
    ("name", "length"), [("Binocle-User", 201), ("Binocle-Session", 201), ("Binocle-Client", 41)]
)
def test_names_that_are_too_long_are_refused(name: str, length: int) -> None:
    with pytest.raises(InvalidRequest, match=name):
        WHO.asker(Headers({name: "x" * length}))
