"""Behind the lock nothing can be imported: so nothing may have to be."""

import subprocess
import sys

SCRIPT = """
import sys
from ecluse.opening.budget import Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import File
from ecluse.opening.warming import warm_up
from tests.unit.opening.archives.test_archives import archived, cabinet, seven_zipped
from tests.unit.opening.archives.test_zip import encrypted
from tests.unit.opening.archives.zips import zipped
from tests.unit.opening.test_disks import fat

samples = [seven_zipped("x", hides_names=True), seven_zipped(None), cabinet(b"1"), fat(12), zipped({"a": b"1"})]
samples += [encrypted(how, b"1") for how in ("traditional", "aes256")]
samples += [archived(kind, a_txt=b"1") for kind in ("ustar", "cpio", "iso9660", "xar")]
warm_up()
before = set(sys.modules)
for sample in samples:
    open_file(File(sample, "a.bin", passwords=("x", "s\\u00e9same")), Limits())
print(sorted(set(sys.modules) - before))
"""


def test_no_module_is_imported_while_files_are_opened():
    # The libraries that the samples are made with must not have brought in what opening needs: they did not read.
    answer = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
