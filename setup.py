"""The wheel carries what `cx start` lays: the notebooks and the simulated company's parameters."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithProject(build_py):
    """Copies the notebooks and a workspace into the package as it is built."""

    def run(self) -> None:
        """Build, then copy; an editable install finds them where they stand."""
        super().run()
        if self.editable_mode:
            return
        for pattern in ("notebooks/*.ipynb", "params/demo/*.yaml"):
            for path in sorted(Path().glob(pattern)):
                target = Path(self.build_lib) / "cxlib" / "project" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


setup(cmdclass={"build_py": WithProject})
