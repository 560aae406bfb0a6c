"""A hash changes with what decides a report and with nothing else."""

from nbformat import v4

from cxlib.disk import hash_package
from cxlib.runs.archive.fingerprint import footer_versions, versions
from cxlib.runs.planning.plan import hash_notebook


def test_outputs_and_ids_do_not_count():
    """Opening, running and saving a notebook in JupyterLab does not make its reports stale; an edit does."""
    plain, run, edited = (v4.new_notebook(cells=[v4.new_code_cell(source)]) for source in ("1 + 1", "1 + 1", "1 + 2"))
    run.cells[0].update(outputs=[v4.new_output("stream", text="2")], execution_count=3)
    assert hash_notebook(plain) == hash_notebook(run) != hash_notebook(edited)


def test_the_package_hash_sees_templates_and_catalogues(tmp_path, monkeypatch):
    """Not only code decides a page; compiled files do not."""
    monkeypatch.setattr("cxlib.disk.__file__", str(tmp_path / "__init__.py"))
    (tmp_path / "style.css").write_text("a")
    first = hash_package()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("x")
    assert hash_package() == first
    (tmp_path / "style.css").write_text("b")
    assert hash_package() != first


def test_a_page_shows_few_of_the_versions():
    """run.json has them all."""
    assert footer_versions().items() <= versions().items()
    assert len(footer_versions()) < len(versions())
