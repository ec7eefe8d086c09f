"""Places elsewhere: exports that are fetched from S3 or over SFTP, and finished packs that are copied to a place.

`opened` gives a place for an address: a folder, `s3://bucket/key` or `sftp://user@host/path`. What lies there is asked
for by `mirror` and what is put there by `revisions`, whatever the place is. Both ways need the extra `live`; a folder
needs nothing.
"""

from __future__ import annotations

from msp_report.live.asked import Failed
from msp_report.store.place import Place


def opened(address: str) -> Place:
    """The place of an address; nobody is asked yet. Raises Failed for one that cannot be used."""
    kind = address.partition("://")[0] if "://" in address else ""
    if kind == "s3":
        from msp_report.store import s3

        return s3.S3(address)
    if kind == "sftp":
        from msp_report.store import sftp

        return sftp.Sftp(address)
    if kind:
        raise Failed(f"{kind}:// is not known: name a folder, s3://bucket/… or sftp://user@host/…")
    from msp_report.store import folder

    return folder.Folder(address)
