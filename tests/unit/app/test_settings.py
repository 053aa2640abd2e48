import pytest
from pydantic import ValidationError

from app.settings import Settings
from core.errors import SettingsError


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("BINOCLE_")]:
        monkeypatch.delenv(name)


def test_defaults_need_nothing() -> None:
    settings = Settings.load()
    assert settings.encoder == "compact"
    assert settings.http.max_body == 20_000_000
    assert settings.fetch.allow_private is False


def test_a_nested_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINOCLE_HTTP__PORT", "8080")
    assert Settings.load().http.port == 8080


def test_an_override_beats_the_environment_and_leaves_its_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BINOCLE_HTTP__PORT", "8080")
    monkeypatch.setenv("BINOCLE_HTTP__HOST", "0.0.0.0")
    http = Settings.load(http__port=9000).http
    assert (http.port, http.host) == (9000, "0.0.0.0")


def test_an_override_of_none_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINOCLE_ENCODER", "bundle:somewhere")
    assert Settings.load(encoder=None).encoder == "bundle:somewhere"


def test_an_unknown_variable_is_refused_with_the_near_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BINOCLE_HTTP__PROT", "1")
    with pytest.raises(SettingsError, match=r"BINOCLE_HTTP__PROT.*BINOCLE_HTTP__PORT"):
        Settings.load()


def test_an_unknown_override_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"http__hots.*http__host"):
        Settings.load(http__hots="x")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BINOCLE_HTTP__PORT", "many"),
        ("BINOCLE_HTTP__PORT", "70000"),
        ("BINOCLE_IMAGES__MAX_PIXELS", "0"),
        ("BINOCLE_STORE", "redis"),
    ],
)
def test_a_wrong_value_is_refused_and_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        Settings.load()


def test_a_group_that_is_no_object_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINOCLE_HTTP", "not json")
    with pytest.raises(SettingsError):
        Settings.load()


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError):
        Settings.load().encoder = "other"  # type: ignore[misc]
