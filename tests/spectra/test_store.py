import resource
import subprocess
import sys

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.spectra import store
from lcgan.spectra.grid import grid_hash, wavelength_grid
from lcgan.spectra.hdf5 import opened


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A store of 50 spectra, written in uneven blocks, and its flux."""
    path = tmp_path_factory.mktemp("store") / "spectra.h5"
    flux = np.random.default_rng(0).normal(size=(50, 3700)).astype("f4")
    with store.writing(path) as writer:
        for rows in (slice(0, 7), slice(7, 40), slice(40, 50)):
            writer.append(flux[rows], flux[rows] ** 2, flux[rows] > 2)
        assert writer.n_rows == 50
    return path, flux


def test_rows_come_back_in_the_order_asked_repeats_included(packed):
    path, flux = packed
    rows = [49, 0, 17, 17, 3, 49, 16, 15]
    assert np.array_equal(store.read_rows(path, rows), flux[rows])
    assert np.array_equal(store.read_rows(path, rows, "ivar"), flux[rows] ** 2)
    assert np.array_equal(store.read_rows(path, rows, "mask"), flux[rows] > 2)
    assert store.read_rows(path, []).shape == (0, 3700)
    assert store.read_rows(path, range(50)).dtype == np.float32
    assert store.n_spectra(path) == 50


def test_blocks_cover_every_row_once_in_order(packed):
    path, flux = packed
    parts = list(store.blocks(path, ("flux", "mask"), n_rows=20))
    assert [rows for rows, _, _ in parts] == [slice(0, 20), slice(20, 40), slice(40, 50)]
    assert np.array_equal(np.concatenate([part for _, part, _ in parts]), flux)
    assert np.array_equal(np.concatenate([mask for _, _, mask in parts]), flux > 2)


def test_attributes_name_the_grid(packed):
    with opened(packed[0]) as file:
        assert file.attrs["first_wavelength"] == 3700.0
        assert file.attrs["log10_step"] == 1e-4
        assert file.attrs["grid_hash"] == grid_hash(wavelength_grid())
        assert file["flux"].dtype == np.float32
        assert file["flux"].chunks == (store.CHUNK_ROWS, 3700)


def test_same_spectra_same_bytes(packed, tmp_path):
    path, flux = packed
    with store.writing(tmp_path / "again.h5") as writer:
        for rows in (slice(0, 7), slice(7, 40), slice(40, 50)):
            writer.append(flux[rows], flux[rows] ** 2, flux[rows] > 2)
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_wrong_rows_and_files_are_named(packed, tmp_path):
    with pytest.raises(IndexError, match="which has 50"):
        store.read_rows(packed[0], [50])
    with pytest.raises(IndexError):
        store.read_rows(packed[0], [-1])
    with pytest.raises(UserError, match="no dataset 'model'"):
        store.read_rows(packed[0], [0], "model")
    with pytest.raises(UserError, match=r"absent.h5: not there"):
        store.n_spectra(tmp_path / "absent.h5")
    (tmp_path / "text.h5").write_text("no")
    with pytest.raises(UserError, match="text.h5: not readable HDF5"):
        store.n_spectra(tmp_path / "text.h5")


def test_a_failure_leaves_the_old_file_and_nothing_else(packed, tmp_path):
    path = tmp_path / "spectra.h5"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), store.writing(path) as writer:
        writer.append(packed[1], packed[1], packed[1] > 2)
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match=r"file/spectra.h5: cannot be written"),
        store.writing(tmp_path / "file" / "spectra.h5"),
    ):
        pass


FILL = """
import numpy as np
from lcgan.errors import UserError
from lcgan.spectra import store
try:
    with store.writing("spectra.h5") as writer:
        for _ in range(100):
            writer.append(*[np.ones((16, 3700), "f4")] * 3)
        writer.flush()
except UserError as error:
    print(error)
"""


@pytest.mark.parametrize("n_bytes", [100, 4_000, 100_000, 3_000_000, 47_400_000])
def test_a_full_disk_leaves_no_half_file(tmp_path, n_bytes):
    """The limit stands in for a full disk: writes beyond it fail."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))

    done = subprocess.run(
        [sys.executable, "-c", FILL],
        cwd=tmp_path,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == (
        "spectra.h5: cannot be written (File too large); free space or mend it\n"
    ), done.stderr
    assert list(tmp_path.iterdir()) == []
    assert (done.stderr, done.returncode) == ("", 0)


INTERRUPT = """
import os, signal, threading, time
import numpy as np
from lcgan.spectra import store

def interrupt(after):
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGINT)

block = np.ones((16, 3700), "f4")
for turn in range(60):
    thread = threading.Thread(target=interrupt, args=(0.0005 * turn,))
    try:
        thread.start()
        with store.writing("spectra.h5") as writer:
            for _ in range(3000):
                writer.append(block, block, block)
        print("not interrupted")
    except KeyboardInterrupt:
        pass
    thread.join()
print(os.listdir("."))
"""


def test_an_interrupt_at_any_moment_neither_crashes_nor_leaves_a_half_file(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[]\n", "", 0)
