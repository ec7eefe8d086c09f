"""What pyproject.toml cannot say: the files beside the package that travel in a wheel, inside the package."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("docs/*.md", "notebooks/*/*.ipynb", "params/demo/**/*", "params/schema/*")


class WithShipped(build_py):
    """In a checkout, and so in an editable installation, they stay where they are (msp_report/workspace.py)."""

    def run(self) -> None:
        super().run()
        for file in [] if self.editable_mode else shipped():
            target = Path(self.build_lib, "msp_report", "shipped", file)
            self.mkpath(str(target.parent))
            self.copy_file(str(file), str(target))

    def get_source_files(self) -> list[str]:
        """What a source archive must hold for a wheel to be built from it."""
        return [*super().get_source_files(), *map(str, shipped())]


def shipped() -> list[Path]:
    """The files, relative to the checkout; another client's params never travel."""
    return [file for pattern in SHIPPED for file in sorted(Path().glob(pattern)) if file.is_file()]


setup(cmdclass={"build_py": WithShipped})
