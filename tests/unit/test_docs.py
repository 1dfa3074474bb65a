"""What the documents say equals what the code does, and everything that they link to or name is there."""

import ast
import re
import subprocess
import tomllib
from itertools import chain

import pytest
from support.documents import (
    PAGES,
    anchors,
    blocks,
    commands,
    generator,
    inline_code,
    links,
    options_of,
    refusal,
    rows_below,
    section,
    shown_commands,
    text_of,
)
from support.paths import ROOT

from importer.dispatcher.outcomes import judge as judging
from importer.dispatcher.outcomes.judge import OutcomeKind
from importer.dispatcher.outcomes.reply import Answer
from importer.domain.code_lists import VOUCHER_TYPES
from importer.domain.columns import CASE_COLUMNS, VOUCHER_COLUMNS, Requirement
from importer.domain.row_states import is_state_column
from importer.domain.states import MOVES, DoubtCause, RowStatus, State
from importer.errors import ExitCode
from importer.loader.profile import Profile
from importer.loader.profiles.column_names import is_column_name
from importer.loader.sheets.shape import Shape
from importer.reporter.sheets import ERROR_COLUMNS, SUCCESS_COLUMNS
from importer.scheduling.settings import ScheduleSettings
from importer.settings import OwnVoucherType, Settings, load_settings
from importer.workspace.result import MOST_URGENT_FIRST

REQUIREMENTS = {Requirement.REQUIRED: "required", Requirement.CONDITIONAL: "sometimes", Requirement.OPTIONAL: "optional"}
GUIDES = [page for page in PAGES if page.is_relative_to(ROOT / "docs") or page == ROOT / "README.md"]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


# Generated pages


def test_generated_pages_are_as_the_code_is():
    generate = generator()
    outdated = [str(page) for page in generate.pages() if generate.renewed(text_of(page)) != text_of(page)]
    assert outdated == [], "run: python docs/generate.py"


def test_every_generated_part_is_on_a_page():
    generate = generator()
    used = [name for page in generate.pages() for _, name, _ in generate.BLOCK.findall(text_of(page))]
    assert sorted(used) == sorted(generate.PARTS)


def test_the_check_of_the_generator_names_a_page_that_differs(tmp_path, monkeypatch, capsys):
    generate = generator()
    page = tmp_path / "docs" / "columns.md"
    page.parent.mkdir()
    page.write_text(text_of("docs/columns.md").replace("Town.", "City."), encoding="utf-8")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/columns.md" in capsys.readouterr().out
    assert generate.main([]) == 0
    assert page.read_text(encoding="utf-8") == text_of("docs/columns.md")
    assert generate.main(["--check"]) == 0


def test_every_command_is_described_and_every_described_command_exists():
    described = {re.match(r"\[`importer ([a-z -]+)`\]", row[0])[1] for row in rows_below("docs/commands.md", "command")}
    assert described == set(commands())


@pytest.mark.parametrize("name", commands())
def test_every_option_and_argument_of_a_command_is_described_with_an_example(name):
    described = section("docs/commands.md", f"### importer {name}")
    named = re.findall(r"`(-{1,2}[a-z-]+)", described)
    assert options_of(commands()[name]) - {"--help"} <= set(named)
    for parameter in commands()[name].params:
        if parameter.param_type_name == "argument":
            assert parameter.name.upper() in described
    assert f"Example: `importer {name}" in described


def test_exit_codes():
    codes = [int(row[0]) for row in rows_below("docs/commands.md", "exit code")]
    assert codes == [int(code) for code in ExitCode]
    assert ", ".join(str(int(code)) for code in MOST_URGENT_FIRST) in text_of("docs/commands.md")


@pytest.mark.parametrize("columns", [CASE_COLUMNS, VOUCHER_COLUMNS], ids=["cases", "vouchers"])
def test_columns(columns):
    described = [tuple(row[:3]) for row in rows_below("docs/columns.md", "column | required | holds | example")]
    wanted = [(f"`{c.name}`", REQUIREMENTS[c.requirement], c.help) for c in columns]
    assert [row for row in described if row in wanted] == wanted
    assert len(described) == len(CASE_COLUMNS) + len(VOUCHER_COLUMNS)


@pytest.mark.parametrize("column", [*CASE_COLUMNS, *VOUCHER_COLUMNS], ids=lambda column: f"{column.kind}-{column.name}")
def test_every_heading_of_other_systems_is_described(column):
    heading = f"### Headings of {column.kind}s"
    described = section("docs/columns.md", heading)
    for name in chain(column.elsewhere.sure, column.elsewhere.weak, column.elsewhere.ask):
        assert name.casefold().replace(" ", "") in described.casefold().replace(" ", "")


def test_voucher_types():
    wanted = [[t.name, t.danish, t.direction.name.lower(), f"`{t.id}`"] for t in VOUCHER_TYPES]
    assert rows_below("docs/columns.md", "type") == wanted


def test_every_setting_is_described_with_its_variable():
    for name, info in Settings.model_fields.items():
        described = section("docs/settings.md", f"### [{name}]")
        fields = getattr(type(info.default), "model_fields", {})
        assert fields or info.description in described
        for key, field in fields.items():
            assert field.description
            assert f"| {field.description} | `IMPORTER_{name.upper()}__{key.upper()}` |" in described
    assert {row[0].strip("`") for row in rows_below("docs/settings.md", "setting of a type")} == set(OwnVoucherType.model_fields)
    assert {row[0].strip("`") for row in rows_below("docs/settings.md", "setting of a schedule")} == set(
        ScheduleSettings.model_fields
    )


def test_the_shown_settings_are_valid_complete_and_the_defaults():
    shown = toml_block("docs/settings.md", "[dispatch]")
    defaults = {name: info.default for name, info in Settings.model_fields.items()}
    assert set(shown) == set(defaults)
    for section_name in ("debitura", "debbie", "dispatch", "ledger", "output"):
        fixed = {k: v for k, v in defaults[section_name].model_dump(mode="json").items() if v is not None}
        without_default = {k for k, v in defaults[section_name].model_dump().items() if v is None}
        assert {k: v for k, v in shown[section_name].items() if k not in without_default} == fixed


def test_the_shown_settings_can_be_copied_as_they_are(tmp_path):
    (settings_file,) = (block for block in blocks("docs/settings.md", "toml") if "[dispatch]" in block)
    (tmp_path / "importer.toml").write_text(settings_file, encoding="utf-8")
    loaded = load_settings(tmp_path / "importer.toml")
    assert str(loaded.debbie.tenant_id) in settings_file
    assert loaded.known_voucher_types().find("court_fee") is not None


def test_every_line_of_the_outcome_table_and_every_outcome_has_an_example():
    from generator.outcomes import REACTIONS

    answers = [(kind, one.reply, one.payload) for one in REACTIONS if isinstance(one.reply, Answer) for kind in one.kinds]
    hit = set()
    for kind, reply, payload in answers:
        answered = judging._Answered(kind, reply, judging._json(reply.body), payload)
        hit.add(next(number for number, (applies_to, _) in enumerate(judging._TABLE) if applies_to(answered)))
    assert hit == set(range(len(judging._TABLE)))
    assert {one.outcome(kind).verdict for one in REACTIONS for kind in one.kinds} == set(OutcomeKind)
    assert len(rows_below("docs/outcomes.md", "what came back")) == len(REACTIONS)


def test_states_and_doubts():
    described = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in rows_below("docs/outcomes.md", "state")}
    assert described == {state.value: {target.value for target in MOVES[state]} for state in State}
    assert [row[0].strip("`") for row in rows_below("docs/outcomes.md", "cause")] == [cause.value for cause in DoubtCause]


# Pages written by hand


def toml_block(page: str, containing: str) -> dict[str, object]:
    return tomllib.loads(next(block for block in blocks(page, "toml") if containing in block))


def test_the_state_diagram_shows_every_move():
    (diagram,) = blocks("docs/delivery-promise.md", "mermaid")
    shown = set(re.findall(r"^ *(\w+) --> (\w+)", diagram, re.MULTILINE))
    assert shown == {(state.value, target.value) for state, targets in MOVES.items() for target in targets}


def test_statuses():
    assert [row[0] for row in rows_below("docs/results.md", "status")] == [status.value.replace("_", " ") for status in RowStatus]


def test_report_columns_are_named():
    for heading in (*ERROR_COLUMNS, *SUCCESS_COLUMNS):
        assert heading in inline_code("docs/results.md")


def test_the_shown_profile_is_valid_and_shows_every_key():
    shown = toml_block("docs/profiles.md", "date_format")
    Profile(**shown)
    assert set(shown) == set(Profile.model_fields) - {"name"}
    shape = Shape(shown["holds"])
    named = chain.from_iterable([names] if isinstance(names, str) else names for names in shown["columns"].values())
    values = [name for name in shown["values"] if not is_state_column(name)]
    assert [name for name in (*named, *shown["constants"], *values) if not is_column_name(name, shape)] == []


def test_the_example_profile_is_valid():
    Profile(**tomllib.loads(text_of("templates/profiles/accounts-receivable.toml")))


def test_every_message_that_troubleshooting_quotes_is_one_of_the_importer():
    source = " ".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "importer").rglob("*.py")))
    quoted = re.findall(r'\*\*"([^"]+)"\*\*', text_of("docs/operations/troubleshooting.md"))
    parts = [part.strip() for message in quoted for part in message.split("...")]
    assert len(parts) > 10
    assert [part for part in parts if part and part not in source] == []


@each_page
def test_every_shown_command_is_one_that_the_importer_accepts(page):
    assert [found for line in shown_commands(page) if (found := refusal(line))] == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_option_that_a_guide_names_exists(page):
    known = set().union(*map(options_of, commands().values()), {"--version", "-vv"})
    of_importer = [code.split() for code in inline_code(page) if re.match(r"--?[a-z]|importer ", code)]
    named = {word.partition("=")[0] for words in of_importer for word in words if re.match(r"--?[a-z]", word)}
    assert named <= known


@each_page
def test_every_shown_piece_of_code_can_be_parsed(page):
    for block in blocks(page, "toml"):
        tomllib.loads(block)
    for block in blocks(page, "python"):
        ast.parse(block)
    for block in blocks(page, "sh"):
        assert subprocess.run(["sh", "-n"], input=block, text=True, check=False, capture_output=True).stderr == ""


# Links and names


@each_page
def test_every_relative_link_leads_to_a_file_and_every_anchor_to_a_heading(page):
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
        waiting += [target for target in targets if target in PAGES and target not in reached]
    assert set(PAGES) - reached == set()


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_file_that_a_developers_page_names_exists(page):
    named = [
        code for code in inline_code(page) if re.fullmatch(r"[\w./-]+/[\w.-]*", code) or re.fullmatch(r"\w+\.(py|md|toml)", code)
    ]
    places = (
        ROOT,
        ROOT / "importer",
        ROOT / "importer/loader/files",
        ROOT / "importer/sandbox/vendors",
        ROOT / "importer/loader/records",
    )
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_the_story_of_a_row_takes_at_most_six_files():
    story = section("ARCHITECTURE.md", "## The story of one row, in six files")
    assert re.findall(r"^\d\. \[`([\w./]+)`\]", story, re.MULTILINE) == [
        "loader/source.py",
        "loader/records/row_reader.py",
        "ledger/intake/intake.py",
        "dispatcher/sending/pipeline.py",
        "dispatcher/outcomes/judge.py",
        "reporter/report.py",
    ]


def test_the_long_proofs_are_documented_as_nox_runs_them():
    tree = ast.parse(text_of("noxfile.py"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "nox.param"]
    run = [" ".join(ast.literal_eval(call.args[0])) for call in calls]
    documented = [row[1].strip("`").removeprefix("python tests/proofs/") for row in rows_below("tests/README.md", "proof")]
    assert run
    assert [line for line in run if line not in documented] == []


def test_the_documented_coverage_is_the_limit():
    limit = tomllib.loads(text_of("pyproject.toml"))["tool"]["coverage"]["report"]["fail_under"]
    assert f"less than {limit} % of the lines and branches" in " ".join(text_of("CONTRIBUTING.md").split())


# The README


def test_the_readme_is_short():
    assert text_of("README.md").count("\n") <= 110


def test_the_pictures_are_small():
    assert all(path.stat().st_size < 150_000 for path in (ROOT / "docs" / "images").iterdir())


def test_the_two_commands_stand_alone_on_their_lines():
    lines = text_of("README.md").splitlines()
    commands_of_readme = [line for line in lines if line.startswith("python3 -m venv")]
    assert [line.split(" && ")[-1] for line in commands_of_readme] == [
        ".venv/bin/importer run templates/example.xlsx --sandbox",
        ".venv-test/bin/python -m pytest",
    ]
    assert (
        'python3 -m venv .venv-test && .venv-test/bin/pip install --quiet ".[test]" && .venv-test/bin/python -m pytest' in lines
    )
