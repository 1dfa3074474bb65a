"""The public face of the ledger: the record of every row across runs, crashes and machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from sqlalchemy import Connection, delete, insert, select

from importer.domain.accounts import Accounts
from importer.domain.batches import NOBODY, Decision, Person, Proposal
from importer.domain.confirmed_values import Confirmed
from importer.domain.file_access import OWNER_ALONE, FileAccess
from importer.domain.records import LoadedSource
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.intake import staging
from importer.ledger.intake.answers import AnswerLog
from importer.ledger.intake.intake import take_in
from importer.ledger.intake.staging import Preview
from importer.ledger.intake.unchanged_source import SourceVersion, has_cases, reuse_unchanged_batch
from importer.ledger.outbox.account_proofs import AccountProofs
from importer.ledger.outbox.approvals import ApprovalLog, decisions_about, note_preparers, preparers_of
from importer.ledger.outbox.doubts import DoubtLog
from importer.ledger.outbox.handed_over import HandOvers, hand_over
from importer.ledger.outbox.outbox import Outbox
from importer.ledger.outbox.remote_cases import RemoteCaseLog
from importer.ledger.outbox.request_counts import RequestCounts
from importer.ledger.outbox.restored import RestoredLedger
from importer.ledger.queries.confirmed_values import confirmed_values
from importer.ledger.queries.queries import Queries
from importer.ledger.queries.report_rows import BatchInfo
from importer.ledger.storage.backup import backup
from importer.ledger.storage.copying import CopiedTable, copy_ledger
from importer.ledger.storage.engine import Session, connect
from importer.ledger.storage.hold import Held, LedgerHold
from importer.ledger.storage.identity import LedgerIdentity
from importer.ledger.storage.location import has_ledger, shown_url, sqlite_path
from importer.ledger.storage.lock import OtherSender
from importer.ledger.storage.notes import Noted, NoteFile, NoteKeeper, beside
from importer.ledger.storage.opening import open_session
from importer.ledger.storage.schema import SCHEMA_VERSION, credential, request_count
from importer.ledger.storage.scratch import scratch_session
from importer.ledger.storage.senders import SenderPlace
from importer.ledger.storage.upgrade import check_version


class UnitOfWork:
    """One transaction on a ledger. It is committed when its block ends, and rolled back if the block raises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.queries = Queries(connection)

    def take_in(
        self,
        source: LoadedSource,
        accounts: Accounts,
        run_id: str,
        earlier: Iterable[int] = (),
        version: SourceVersion | None = None,
        who: Person = NOBODY,
    ) -> int:
        """Record a source as approved, and return the batch's id. See :func:`importer.ledger.intake.intake.take_in`."""
        return take_in(self._connection, source, accounts, run_id, earlier, version, who)

    def stage(
        self, source: LoadedSource, accounts: Accounts, run_id: str, version: SourceVersion | None = None, who: Person = NOBODY
    ) -> int:
        """Record a source as a staged batch, which changes no entry, and return the batch's id."""
        return staging.stage(self._connection, source, accounts, run_id, version, who)

    def entered_for_review(
        self, batch_ids: Sequence[int], *, seen: bool | None = None
    ) -> AbstractContextManager[dict[int, Preview]]:
        """Enter staged batches until the end of the block, to see what they would do.

        ``seen``: a person is shown it (None: as before).
        """
        return staging.entered_for_review(self._connection, batch_ids, seen=seen)

    def confirmed_values(self) -> Confirmed:
        """Return the values that persons have confirmed, by kind of list and heading."""
        return confirmed_values(self._connection)

    def present_proposal(self, batch_id: int) -> Proposal:
        """Return what a batch whose rows are entered holds now, such as one whose approval is void."""
        return staging.present_proposal(self._connection, batch_id)

    def remember_proposal(self, batch_id: int, found: Proposal, review: str | None = None) -> None:
        """Store what a staged batch would do, as it was shown to a person."""
        staging.remember_proposal(self._connection, batch_id, found, review)

    def remembered_proposal(self, batch_id: int) -> Proposal | None:
        """Return what a staged batch would do, as it was shown last; None if it never was."""
        return staging.remembered_proposal(self._connection, batch_id)

    def approve(self, batch_id: int, who: Person, **facts: object) -> Proposal:
        """Approve a batch that is staged, or void, and return what this has done."""
        return staging.approve(self._connection, batch_id, who, facts)

    def hand_over(self, batch_ids: Iterable[int], directory: Path) -> None:
        """Leave approved batches to the account's sender, which brings their reports in ``directory`` up to date."""
        hand_over(self._connection, batch_ids, directory)

    def discard(self, batch_id: int, who: Person, **facts: object) -> None:
        """Discard a batch that is staged, or whose sending has not begun. ``facts`` are kept with the decision."""
        staging.discard(self._connection, batch_id, who, facts)

    def split(self, batch_id: int, limit: int) -> int | None:
        """Move the first cases of a staged batch to a batch of their own; None if it has no more than ``limit``."""
        return staging.split(self._connection, batch_id, limit)

    def note_preparers(self, batch_id: int, people: Iterable[Person], **facts: object) -> None:
        """Record who has prepared a batch, such as beside the one who staged it. ``facts`` are kept with that."""
        note_preparers(self._connection, batch_id, people, **facts)

    def preparers(self, of: BatchInfo) -> tuple[Person, ...]:
        """Return who has prepared a batch, or the one that it is a part of, beside the one who staged it."""
        return preparers_of(self._connection, of.id, of.part_of)

    def decisions(self, batch_id: int) -> list[Decision]:
        """Return all decisions about a batch, the oldest first."""
        return decisions_about(self._connection, batch_id)

    def has_cases(self, version: SourceVersion) -> bool | None:
        """Return whether a sheet of this file holds cases; None if it was not read before."""
        return has_cases(self._connection, version)

    def reuse_unchanged_batch(
        self, version: SourceVersion, accounts: Accounts, run_id: str, earlier: Sequence[int] = (), who: Person = NOBODY
    ) -> int | None:
        """Record a file again without reading it, if all its rows are known and done; None if it must be read."""
        return reuse_unchanged_batch(self._connection, version, accounts, run_id, earlier, who)


class Ledger:
    """One open ledger, closed at the end of its ``with`` block. Only one process at a time can open it for writing."""

    def __init__(self, session: Session, url: str, access: FileAccess = OWNER_ALONE, *, is_new: bool = False) -> None:
        self._session, self._access = session, access
        self._is_new, self._is_withdrawn = is_new, False
        self.identity = LedgerIdentity(session, session.name if isinstance(session.name, Path) else None)
        self.counts = RequestCounts(session)
        self.outbox = Outbox(session, self.counts, self.identity)
        self.doubts = DoubtLog(session)
        self.answers = AnswerLog(session)
        self.approvals = ApprovalLog(session)
        self.proofs = AccountProofs(session)
        self.restored = RestoredLedger(session, self.identity)
        self.remote_cases = RemoteCaseLog(session)
        self.hand_overs = HandOvers(session)
        self._senders = SenderPlace(session, self.identity.path, url, access)
        self.hold = LedgerHold(session, self._senders)

    def close(self) -> None:
        """Note the last commit, close the connection and release the locks.

        That of the sender is the first one: a run that finds it taken while it holds the ledger can rely on its batches being
        seen by the sender.
        """
        if self.outbox.notes:
            self.outbox.notes.keep(self.identity.commits)
        self._senders.release()
        if self._is_withdrawn and self.identity.path is not None:
            self._session.remove(self.identity.path)
        self._session.close()

    @property
    def is_open(self) -> bool:
        """Return whether the ledger can be used now: it is not let go."""
        return self._session.is_usable

    @property
    def may_let_go(self) -> bool:
        """Return whether the ledger can be let go: it was opened for writing."""
        return self.hold.open_again is not None

    def let_go(self, why: LedgerError) -> None:
        """Close the connection and release the ledger's lock, so that others can write.

        Until it is taken again, ``why`` is raised for any use of it. There must be no entry under way: the next process that
        opens the ledger would put it in doubt.
        """
        if self.outbox.notes:
            self.outbox.notes.keep(self.identity.commits)
        self._is_new = False  # others may have used it when it is taken again, so that it must never be removed
        self._session.let_go(why)

    def take_again(self) -> None:
        """Open the ledger again. Raises LedgerHeld while another process has it, LedgerError if it is not the same any more.

        After a LedgerError it stays closed, and whatever uses it raises that error.
        """
        try:
            self.identity.refuse_absence()
            self.hold.take_again()
            self.identity.read_again()
            self._senders.refuse_loss()
        except LedgerError as error:
            self._session.let_go(error)
            raise
        self.counts.forget()

    def become_sender(self, account: str, command: str) -> OtherSender | None:
        """Make this process the account's one sender until the ledger is closed, or return another one. Raises LedgerError."""
        return self._senders.claim(account, command)

    def sender(self, account: str) -> OtherSender | None:
        """Return the account's sender, another process; None if there is none."""
        return self._senders.present(account)

    def note_files(self, shared: Path | None) -> list[NoteFile]:
        """Return the files with notes about this ledger: the one beside it, and ``shared``, that of the user."""
        files = [] if self.identity.path is None else [beside(self.identity.path, self._access)]
        return files if shared is None else [*files, NoteFile(shared, is_shared=True)]

    def noted_for(self, account: str, shared: Path | None) -> dict[str, Noted]:
        """Return the ledgers that are noted to serve the account, by id.

        The user's notes count before the one beside the ledger, which is not changed when another ledger takes its place.
        """
        return next((noted for file in reversed(self.note_files(shared)) if (noted := file.of_account(account))), {})

    def keep_notes(self, account: str, shared: Path | None) -> None:
        """Note from now on that this ledger serves the account."""
        self.outbox.notes = NoteKeeper(self.note_files(shared), account, self.identity.id, self.identity.place)
        self.outbox.notes.keep(self.identity.commits)

    def copy_to(self, other: Ledger) -> list[CopiedTable]:
        """Copy everything into another ledger that was never used. Raises LedgerError if they are not the same then."""
        return copy_ledger(self._session, other._session)

    def withdraw(self) -> None:
        """Remove the ledger when it is closed, if it was created just now: it was not to be begun."""
        self._is_withdrawn = self._is_new

    def keep(self) -> None:
        """Keep the ledger after all, which was to be removed when it is closed."""
        self._is_withdrawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def open(
        cls, url: str, command: str, access: FileAccess = OWNER_ALONE, *, is_scratch: bool = False, accounts: Held = None
    ) -> Self:
        """Open a ledger for writing; create it if the file is missing. Raises LedgerHeld or LedgerError.

        A ledger of an older release is upgraded. A copy of it is kept, unless it is a scratch ledger. ``access`` is that of
        its file and of all files beside it, ``accounts`` what is held of one on a server.
        """
        path = sqlite_path(url)
        is_new = path is not None and not path.exists()
        ledger = cls(open_session(url, command, access, is_scratch, accounts), url, access, is_new=is_new)
        ledger.hold.open_again = partial(open_session, url, command, access, is_scratch)
        return ledger

    @classmethod
    def read(cls, url: str, access: FileAccess = OWNER_ALONE) -> Self | None:
        """Open a ledger for reading, also while another process writes. Returns None if there is no ledger yet."""
        path = sqlite_path(url)
        if not has_ledger(url):
            return None
        with ExitStack() as stack:
            engine = connect(url, read_only=True)
            stack.callback(engine.dispose)
            session = Session(engine, path or shown_url(url), stack)
            with session.transaction() as connection:
                version = check_version(connection, session.name)
            session.keep(stack.pop_all())
        if version == SCHEMA_VERSION:
            return cls(session, url, access)
        session.close()
        try:
            cls.open(url, "importer (upgrading the ledger)", access).close()
        except (LedgerHeld, LedgerError):  # another process is writing, or the file is read-only
            if path is None:
                raise
            return cls._read_upgraded_copy(path)
        return cls.read(url, access)

    @classmethod
    def _read_upgraded_copy(cls, path: Path) -> Self:
        """Open a temporary copy of an older ledger, upgraded; the ledger itself stays for its release."""
        with ExitStack() as stack:
            copy = Path(stack.enter_context(TemporaryDirectory(prefix="importer-read-"))) / "ledger.db"
            backup(path, copy)
            ledger = cls.open(f"sqlite:///{copy}", "importer (reading)", is_scratch=True)
            ledger._session.close_before(stack.pop_all())  # noqa: SLF001  (of the same class)
        return ledger

    @classmethod
    @contextmanager
    def scratch(cls, url: str) -> Iterator[Self]:
        """Open a copy of the ledger (or an empty one), for changes that are to be discarded. The ledger itself is not locked."""
        with scratch_session(url) as opened:
            if isinstance(opened, str):
                with cls.open(opened, "importer check", is_scratch=True) as ledger:
                    yield ledger
            else:
                yield cls(opened, url)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Begin a transaction that may write. Raises LedgerError if the disk or the file fails."""
        with self._session.transaction() as connection:
            yield UnitOfWork(connection)

    @contextmanager
    def queries(self) -> Iterator[Queries]:
        """Begin a transaction that only reads. Raises LedgerError if the disk or the file fails."""
        with self._session.transaction() as connection:
            yield Queries(connection)

    def account_of(self, fingerprint: str) -> str | None:
        """Return the account that this credential opened before, or None."""
        with self._session.transaction() as connection:
            return connection.scalar(select(credential.c.account).where(credential.c.fingerprint == fingerprint))

    def knows_credential(self, fingerprint: str) -> bool:
        """Return whether this credential has opened an account, or its requests were counted."""
        with self._session.transaction() as connection:
            known = (credential.c.fingerprint, request_count.c.scope)
            return any(connection.scalar(select(column).where(column == fingerprint)) is not None for column in known)

    def forget_account(self, partner: str) -> int:
        """Forget which credentials opened this partner's account. Returns their number."""
        with self._session.transaction() as connection:
            return connection.execute(delete(credential).where(credential.c.account == partner)).rowcount

    def partners(self) -> list[str]:
        """Return the partners whose accounts were opened so far."""
        with self._session.transaction() as connection:
            return list(connection.scalars(select(credential.c.account).distinct().order_by(credential.c.account)))

    def remember_account(self, fingerprint: str, account: str) -> None:
        """Store which account this credential opens."""
        with self._session.transaction() as connection:
            connection.execute(delete(credential).where(credential.c.fingerprint == fingerprint))
            connection.execute(insert(credential).values(fingerprint=fingerprint, account=account))
