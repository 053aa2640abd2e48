"""The error family. Every failure that a person can cause or mend is one of these.

    BinocleError
    ├── InvalidRequest            what the caller sent can't be used
    │   ├── InvalidQuery          empty, contradictory or malformed query
    │   ├── InvalidFilter         unknown field, wrong type, malformed expression
    │   ├── InvalidItem           an item's field has a wrong value
    │   ├── InvalidName           a collection name or item id that can't be used
    │   └── InvalidCursor         a cursor that is malformed or belongs to another query
    ├── NotFound
    │   ├── CollectionNotFound
    │   ├── GenerationNotFound
    │   └── ItemNotFound
    ├── ImageError                an image that can't be used
    │   ├── ImageUnreadable       truncated, not an image, or no file at all
    │   └── ImageTooLarge         more pixels or bytes than the limit
    ├── TooLarge                  a request body or batch over its limit
    ├── TooMany                   more requests or events than one client may send in a time
    ├── UnsupportedContent        a content type that this endpoint does not take
    ├── Conflict                  right in itself, but not in the present state
    │   ├── CollectionExists
    │   ├── CollectionBusy        another process owns the collection
    │   ├── EncoderMismatch       the collection was built with another encoder
    │   ├── GenerationChanged     what was built aside does not fit what answers now
    │   ├── LoadRunning           another load of the collection is under way
    │   ├── ReleaseConflict       not in the state that a release, or another one, is in
    │   ├── SyncRefused           a load would delete suspiciously much
    │   └── TooManyRejects        a load could not use more of its source than it may fail on
    ├── AccessError               the caller may not do this
    │   ├── KeyNeeded             no key came, or one that is not valid
    │   └── NotAllowed            a valid key that does not reach this far
    ├── SourceError               a catalog that can't be read at all
    ├── EncoderError              an encoder or bundle that can't be loaded
    │   └── EncoderUnavailable    an encoder service that does not answer now
    ├── SettingsError             a setting that is unknown, malformed or missing
    ├── DatabaseError             the SQL database failed
    │   ├── DatabaseUnavailable   can't be reached, or locked
    │   └── DatabaseTooNew        a newer Binocle made its tables
    └── StoreError                the vector store failed
        ├── StoreUnavailable      can't be reached, or not ready yet
        └── StorageFull           the disk is full

`app/problems.py` maps the family to HTTP statuses and exit codes, in one place.
"""

from __future__ import annotations


class BinocleError(Exception):
    """Base of the family.

    Args:
        message: what was wrong and where, for a person.
        hint: what to do about it, or "".
        field: the input field concerned, or None.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InvalidRequest(BinocleError):
    code = "invalid-request"


class InvalidQuery(InvalidRequest):
    code = "invalid-query"


class InvalidFilter(InvalidRequest):
    code = "invalid-filter"


class InvalidItem(InvalidRequest):
    code = "invalid-item"


class InvalidName(InvalidRequest):
    code = "invalid-name"


class InvalidCursor(InvalidRequest):
    code = "invalid-cursor"


class NotFound(BinocleError):
    code = "not-found"


class CollectionNotFound(NotFound):
    code = "collection-not-found"


class GenerationNotFound(NotFound):
    code = "generation-not-found"


class ItemNotFound(NotFound):
    code = "item-not-found"


class ImageError(BinocleError):
    code = "image-error"


class ImageUnreadable(ImageError):
    code = "image-unreadable"


class ImageTooLarge(ImageError):
    code = "image-too-large"


class TooLarge(BinocleError):
    code = "too-large"


class TooMany(BinocleError):
    """
    Args:
        retry_after_s: when to try again, in seconds.
    """

    code = "too-many"

    def __init__(
        self, message: str, *, hint: str = "", field: str | None = None, retry_after_s: int = 1
    ) -> None:
        super().__init__(message, hint=hint, field=field)
        self.retry_after_s = retry_after_s


class UnsupportedContent(BinocleError):
    code = "unsupported-content"


class Conflict(BinocleError):
    code = "conflict"


class CollectionExists(Conflict):
    code = "collection-exists"


class CollectionBusy(Conflict):
    code = "collection-busy"


class EncoderMismatch(Conflict):
    code = "encoder-mismatch"


class GenerationChanged(Conflict):
    code = "generation-changed"


class LoadRunning(Conflict):
    code = "load-running"


class ReleaseConflict(Conflict):
    code = "release-conflict"


class SyncRefused(Conflict):
    code = "sync-refused"


class TooManyRejects(Conflict):
    code = "too-many-rejects"


class AccessError(BinocleError):
    code = "access-error"


class KeyNeeded(AccessError):
    code = "key-needed"


class NotAllowed(AccessError):
    code = "not-allowed"


class SourceError(BinocleError):
    code = "source-error"


class EncoderError(BinocleError):
    code = "encoder-error"


class EncoderUnavailable(EncoderError):
    code = "encoder-unavailable"


class SettingsError(BinocleError):
    code = "settings-error"


class DatabaseError(BinocleError):
    code = "database-error"


class DatabaseUnavailable(DatabaseError):
    code = "database-unavailable"


class DatabaseTooNew(DatabaseError):
    code = "database-too-new"


class StoreError(BinocleError):
    code = "store-error"


class StoreUnavailable(StoreError):
    """
    Args:
        retry_after_s: when to try again, in seconds, where the store has said so.
    """

    code = "store-unavailable"

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        field: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, field=field)
        self.retry_after_s = retry_after_s


class StorageFull(StoreError):
    code = "storage-full"


def error_class(code: str) -> type[BinocleError]:
    """The class of errors with this code; the base where there is none."""
    left: list[type[BinocleError]] = [BinocleError]
    while left:
        kind = left.pop()
        if kind.code == code:
            return kind
        left.extend(kind.__subclasses__())
    return BinocleError
