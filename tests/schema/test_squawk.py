"""Every migration and routine passes squawk under the repository's .squawk.toml."""

import subprocess
import sys
from pathlib import Path

from infra.migrate import DIRECTORY

SQUAWK = Path(sys.executable).with_name("squawk")
ROOT = DIRECTORY.parent


def test_no_file_has_a_finding():
    files = sorted(DIRECTORY.rglob("*.sql"))
    checked = subprocess.run([SQUAWK, *files], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_file_that_would_lock_or_lose_data_is_found(tmp_path):
    bad = tmp_path / "0099_bad.sql"
    bad.write_text("ALTER TABLE public.customers ADD COLUMN seen text NOT NULL;\nDROP TABLE public.labels;\n")
    checked = subprocess.run([SQUAWK, bad], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 1
    assert "adding-required-field" in checked.stdout
    assert "ban-drop-table" in checked.stdout
