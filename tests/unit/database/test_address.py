from pathlib import Path

import pytest

from core.errors import SettingsError
from database.address import address_of, is_sqlite, shown


def test_without_a_setting_it_is_a_file_in_the_data_directory() -> None:
    url = address_of(None, Path("/data"))
    assert is_sqlite(url)
    assert url.database == "/data/binocle.db"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_takes_the_driver_that_is_installed(scheme: str) -> None:
    url = address_of(f"{scheme}://u:p@h:5432/n", Path())
    assert url.drivername == "postgresql+psycopg"
    assert not is_sqlite(url)


def test_what_is_shown_holds_no_password() -> None:
    url = address_of("postgresql://u:s3cret@h/n?sslpassword=s3cret", Path())
    assert shown(url) == "postgresql+psycopg://u:***@h/n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("s3cret", "is no URL"),
        ("mysql://u:s3cret@h/n", "names 'mysql', which is not supported"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://", "names no file"),
        ("postgresql://u:s3cret@h", "names no database"),
        ("postgresql://u:s3cret@h:port/n", "is no URL"),
    ],
)
def test_an_address_that_can_not_be_used_is_refused_without_being_shown(
    text: str, why: str
) -> None:
    with pytest.raises(SettingsError, match=why) as refused:
        address_of(text, Path())
    assert "s3cret" not in str(refused.value)
    assert refused.value.field == "database"
