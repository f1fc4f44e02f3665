"""`--engine ray` on a real cluster of two nodes: the local files, byte for byte, whoever dies."""

import threading
import time
from pathlib import Path

import pytest

from lcgan.errors import UserError
from lcgan.score import run
from lcgan.survey.folder import Manifest
from packed_stores import make_store

ray = pytest.importorskip("ray", reason="Ray is not installed (pip install 'ray[data]')")
#: The smallest object store that Ray takes is 75 MiB.
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
SHARD = 40


@pytest.fixture(scope="module", autouse=True)
def _quiet():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        yield


@pytest.fixture
def cluster():
    """Two node processes of one CPU each; the driver is on the first."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    cluster.second = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def expected(small_model, tmp_path_factory):
    """A store, and what the local engine makes of it."""
    folder = tmp_path_factory.mktemp("local")
    make_store(folder / "spectra.h5", 4000)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        run(["spectra.h5"], Path("local"), str(small_model), shard_size=SHARD, evidence=True)
    return folder


def files(out: Path) -> dict[str, bytes]:
    names = [*sorted(out.glob("part-*")), out / "manifest.json"]
    return {path.name: path.read_bytes() for path in names}


def kill_when_at_work(cluster, out: Path, seen: list[int]) -> None:
    """Kill the second node as soon as an actor is on it and some parts are written."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        busy = [node for node in ray.nodes() if node["Alive"]]
        used = {
            node["NodeID"]: ray._private.state.available_resources_per_node()
            .get(node["NodeID"], {})
            .get("CPU", 0)
            for node in busy
        }
        n_parts = len(list(out.glob("part-*")))
        if used.get(cluster.second.node_id) == 0 and n_parts >= 8:
            cluster.remove_node(cluster.second, allow_graceful=False)
            seen.append(len(list(out.glob("part-*"))))
            return
        time.sleep(0.02)


def _watch(cluster, out: Path, seen: list[int]) -> None:
    while not ray.is_initialized():
        time.sleep(0.02)
    kill_when_at_work(cluster, out, seen)


def test_two_nodes_give_the_local_files_and_so_does_one_that_outlives_the_other(
    cluster, expected, small_model, monkeypatch
):
    monkeypatch.chdir(expected)
    address = cluster.address
    both = Path("both")
    run(["spectra.h5"], both, str(small_model), "ray", address, shard_size=SHARD, evidence=True)
    assert files(both) == files(Path("local"))
    assert len(files(both)) == 101

    killed, seen = Path("killed"), []
    watch = threading.Thread(target=_watch, args=(cluster, killed, seen))
    watch.start()
    found = run(
        ["spectra.h5"], killed, str(small_model), "ray", address, shard_size=SHARD, evidence=True
    )
    watch.join()
    assert found.failures == []
    assert seen and seen[0] < 95, "the node was killed midway"
    assert files(killed) == files(Path("local"))

    kept = {path: path.stat().st_ino for path in sorted(both.glob("part-*"))}
    for path in list(kept)[10:40]:
        path.unlink()
        del kept[path]
    run(["spectra.h5"], both, str(small_model), "ray", address, shard_size=SHARD, evidence=True)
    assert files(both) == files(Path("local")), "resumed by the node that is left"
    assert {path: path.stat().st_ino for path in kept} == kept


def test_a_node_that_cannot_load_the_model_is_told_in_one_line(
    cluster, expected, small_model, monkeypatch
):
    monkeypatch.chdir(expected)
    place = Manifest.place

    def unseen(self, fetched):
        place(self, fetched)
        Path("unseen/model/settings.json").unlink()

    monkeypatch.setattr(Manifest, "place", unseen)
    out = Path("unseen")
    with pytest.raises(UserError) as told:
        run(["spectra.h5"], out, str(small_model), "ray", cluster.address, shard_size=SHARD)
    words = str(told.value)
    assert words.startswith("--engine ray: a node failed (FileNotFoundError: ")
    assert words.endswith("; every node has to see --out and the inputs") and "\n" not in words
