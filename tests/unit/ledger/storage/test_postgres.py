"""A ledger on a real Postgres server: its lock, its sender, its texts, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import func, select, text
from support.ledgers import ACCOUNTS, LedgerDriver, case, run_sql, transaction, voucher
from support.pooler import TransactionPooler
from support.postgres import PostgresServer, running_server

from importer.domain.kinds import RecordKind
from importer.domain.states import RowStatus, State
from importer.errors import LedgerError, LedgerHeld
from importer.ledger.ledger import Ledger
from importer.ledger.storage.engine import connect
from importer.ledger.storage.location import has_ledger, require_ledger, shown_url, sqlite_path
from importer.ledger.storage.schema import entry
from importer.ledger.storage.server_facts import server_facts

ACCOUNT = ACCOUNTS.cases
WAITS = LedgerError("waits")


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[Ledger]:
    with Ledger.open(postgres_url, "importer run") as ledger:
        yield ledger


def end_sessions(server: PostgresServer, command: str = "importer run") -> None:
    """Cut the connections of one command, as a network does."""
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%{command}'")


# The lock of the writer


def test_a_second_writer_is_refused_and_the_first_one_is_named(ledger: Ledger, postgres_url: str) -> None:
    with pytest.raises(LedgerHeld, match=r"`importer run` \(process \d+ on .*, since 20\d\d-"):
        Ledger.open(postgres_url, "importer resume")
    ledger.close()
    Ledger.open(postgres_url, "importer resume").close()


def test_two_ledgers_in_one_database_are_held_apart(ledger: Ledger, postgres_server: PostgresServer) -> None:
    Ledger.open(postgres_server.new_schema(), "importer run").close()
    assert ledger.is_open


def test_a_ledger_is_read_while_another_process_writes_it(ledger: Ledger, postgres_url: str) -> None:
    driver = LedgerDriver(ledger)
    driver.take(case("R1"))
    with transaction(ledger) as connection:
        connection.execute(text("UPDATE entry SET state = 'refused'"))
        reader = Ledger.read(postgres_url)
        assert reader is not None
        with reader, reader.queries() as queries:
            assert queries.open_batches() == {1: {ACCOUNT}}


def test_a_reader_sees_one_state_of_the_ledger_and_cannot_write(ledger: Ledger, postgres_url: str) -> None:
    driver = LedgerDriver(ledger)
    driver.take(case("R1"))
    reader = Ledger.read(postgres_url)
    assert reader is not None
    with reader, transaction(reader) as connection:
        count = select(func.count()).select_from(entry)
        before = connection.scalar(count)
        driver.take(case("R2"))
        assert connection.scalar(count) == before == 1
        with pytest.raises(Exception, match="read-only"):
            connection.execute(text("DELETE FROM meta"))
        connection.rollback()


def test_a_lost_connection_is_not_opened_again(ledger: Ledger, postgres_url: str, postgres_server: PostgresServer) -> None:
    """With it the lock is lost: another process may have sent everything since."""
    driver = LedgerDriver(ledger)
    driver.take(case("R1"))
    (claim,) = driver.claim()
    end_sessions(postgres_server)
    with pytest.raises(LedgerError):
        driver.settle([claim], State.ACCEPTED)
    with Ledger.open(postgres_url, "importer resume") as other:
        assert other.outbox.recover() == 1
        with pytest.raises(LedgerError, match="was lost"):
            driver.settle([claim], State.ACCEPTED)
        assert LedgerDriver(other).entries()[0].state == State.IN_DOUBT


def test_a_ledger_that_is_let_go_can_be_written_by_others_and_taken_again(ledger: Ledger, postgres_url: str) -> None:
    driver = LedgerDriver(ledger)
    driver.take(case("R1"))
    assert ledger.may_let_go
    ledger.let_go(WAITS)
    with Ledger.open(postgres_url, "importer approve") as other:
        LedgerDriver(other).take(case("R2"), name="b.xlsx")
        with pytest.raises(LedgerHeld):
            ledger.take_again()
    ledger.take_again()
    driver.send_all()
    assert ledger.outbox.count_open(ACCOUNTS, RecordKind.CASE, None) == 0


# The sender


def test_a_sender_is_seen_by_others_also_while_it_has_let_go_of_the_ledger(ledger: Ledger, postgres_url: str) -> None:
    assert ledger.become_sender(ACCOUNT, "importer run") is None
    assert ledger.become_sender(ACCOUNT, "importer run") is None
    ledger.let_go(WAITS)
    with Ledger.open(postgres_url, "importer approve") as other:
        present = other.sender(ACCOUNT)
        claimed = other.become_sender(ACCOUNT, "importer approve")
        assert present is not None
        assert claimed is not None
        assert "`importer run` on" in present.text()
        assert "`importer run` on" in claimed.text()
        assert other.sender("another") is None
        assert other.become_sender("another", "importer approve") is None
    ledger.take_again()
    ledger.close()
    with Ledger.open(postgres_url, "importer resume") as third:
        assert third.sender(ACCOUNT) is None
        assert third.become_sender(ACCOUNT, "importer resume") is None


def test_a_sender_whose_connection_was_lost_while_it_waited_ends(ledger: Ledger, postgres_server: PostgresServer) -> None:
    assert ledger.become_sender(ACCOUNT, "importer run") is None
    ledger.let_go(WAITS)
    end_sessions(postgres_server)
    with pytest.raises(LedgerError, match="sender was lost"):
        ledger.take_again()
    with pytest.raises(LedgerError, match="sender was lost"):
        LedgerDriver(ledger).claim()


def test_a_pooler_that_changes_the_session_between_transactions_is_refused(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    Ledger.open(postgres_url, "importer run").close()
    with TransactionPooler(postgres_server.port) as pooler:
        through = postgres_url.replace(f":{postgres_server.port}/", f":{pooler.port}/")
        with closing(psycopg.connect(port=pooler.port, host="127.0.0.1", user="postgres", dbname="postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)  # it is one that works
        with pytest.raises(LedgerError, match="pooler in transaction mode"):
            Ledger.open(through, "importer run")


# Texts, numbers and settings


def test_texts_are_compared_as_in_a_file_whatever_the_order_of_the_database(ledger: Ledger) -> None:
    lower, upper = run_sql(ledger, lambda c: c.execute(text("SELECT lower('Ø'), upper('ø')")).one())
    assert (lower, upper) == ("ø", "Ø")  # by default, unlike in a file
    query = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND data_type IN "
        "('text', 'character varying') AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"
    )
    assert run_sql(ledger, lambda c: c.execute(text(query)).all()) == []
    with transaction(ledger) as connection:
        connection.execute(text("INSERT INTO meta VALUES ('Ø', 'Ø')"))
        assert connection.execute(text("SELECT lower(value) FROM meta WHERE name = 'Ø'")).scalar() == "Ø"


def test_columns_of_an_upgrade_are_compared_so_too(postgres_url: str) -> None:
    with Ledger.open(postgres_url, "importer run") as ledger, transaction(ledger) as connection:
        connection.execute(text("ALTER TABLE entry DROP COLUMN party"))
        connection.execute(text("DROP TABLE document, known_list"))
        connection.execute(text("UPDATE alembic_version SET version_num = '7'"))
        connection.execute(text("UPDATE meta SET value = '7' WHERE name = 'schema'"))
    with pytest.warns(UserWarning, match="was upgraded"):
        ledger = Ledger.open(postgres_url, "importer run")
    query = (
        "SELECT collation_name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'party'"
    )
    with ledger:
        assert run_sql(ledger, lambda c: c.execute(text(query)).scalar()) == "C"


def test_what_is_committed_is_on_disk_also_if_the_server_does_not_insist() -> None:
    with running_server(synchronous_commit="off", full_page_writes="off") as server:
        url = server.new_schema()
        Ledger.open(url, "importer run").close()
        assert server_facts(url).lossy_settings == ("fsync", "full_page_writes")
        engine = connect(url)
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        engine.dispose()


def test_a_database_without_a_ledger_is_not_one_and_another_program_s_is_refused(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    assert not has_ledger(url)
    assert Ledger.read(url) is None
    with pytest.raises(LedgerError, match="There is no ledger in the database"):
        require_ledger(url)
    postgres_server.execute("CREATE TABLE other (id int)", url.rpartition("/")[2])
    with pytest.raises(LedgerError, match="another program's database"):
        Ledger.open(url, "importer run")


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("postgresql+psycopg2://u:geheim@h/d", "psycopg 3"),
        ("postgresql+psycopg://u:geheim@h", "names no database"),
        ("postgresql+psycopg://u:geheim@h/d?nonsense=1", "options that are not supported"),
        ("mysql://u:geheim@h/d", "must be an SQLite file or a Postgres database"),
    ],
)
def test_urls_that_are_refused_without_their_password(url: str, match: str) -> None:
    with pytest.raises(LedgerError, match=match) as caught:
        sqlite_path(url)
    assert "geheim" not in str(caught.value)


def test_no_message_shows_the_password(postgres_server: PostgresServer) -> None:
    url = postgres_server.url("missing").replace("postgres@", "postgres:geheim@")
    assert "geheim" not in shown_url(url)
    with pytest.raises(LedgerError, match="does not exist") as caught:
        Ledger.open(url, "importer run")
    assert "geheim" not in str(caught.value)
    with pytest.raises(LedgerError) as unreachable:
        Ledger.open("postgresql+psycopg://u:geheim@127.0.0.1:1/d", "importer run")
    assert "geheim" not in str(unreachable.value)


def test_a_server_elsewhere_is_reached_with_tls_alone(postgres_server: PostgresServer) -> None:
    """The test's server has none: under another name of this machine than one of the loopback it is refused."""
    here = f"postgresql+psycopg://postgres@127.0.0.1:{postgres_server.port}/postgres"
    elsewhere = here.replace("127.0.0.1", "127.0.0.2")
    for url, match in ((elsewhere, "SSL"), (f"{here}?sslmode=require", "SSL")):
        with pytest.raises(LedgerError, match=match):
            server_facts(url)
    assert not server_facts(here).is_encrypted


# Trying changes


def test_a_trial_sees_what_was_imported_changes_nothing_and_locks_nothing(ledger: Ledger, postgres_url: str) -> None:
    driver = LedgerDriver(ledger)
    driver.take(case("R1"), voucher("R1"))
    driver.send_all()
    with Ledger.scratch(postgres_url) as scratch:
        trial = LedgerDriver(scratch)
        batch = trial.take(case("R1"), case("R2"), name="b.xlsx")
        assert batch == 2
        assert trial.cases(batch) == [RowStatus.ALREADY_IMPORTED, RowStatus.PENDING]
        assert driver.take(case("R2"), name="c.xlsx") == 2  # at the same time, with the same numbers
    assert [one.ref for one in driver.entries(RecordKind.CASE)] == ["R1", "R2"]


def test_a_trial_without_a_ledger_creates_none(postgres_url: str) -> None:
    with Ledger.scratch(postgres_url) as scratch:
        assert LedgerDriver(scratch).take(case("R1")) == 1
    assert not has_ledger(postgres_url)
