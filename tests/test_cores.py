"""What this process may use, by affinity and by every control group that it is in; and on what its files lie."""

import pytest

from pipeline.core import cores
from pipeline.doctor import mounts


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Writes the control groups of this process: its place in them, and files by path below the folder of groups."""
    monkeypatch.setattr(cores, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(cores, "OWN", tmp_path / "own")
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(cores, "_available", lambda: 256 << 30)

    def write(own, **files):
        (tmp_path / "own").write_text(own)
        for path, text in files.items():
            file = tmp_path / "groups" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return write


SLURM = "system.slice/slurmstepd.scope/job_7"


def test_without_groups_it_is_the_affinity_and_the_free_memory(groups):
    assert cores.usable_cores() == 64
    assert cores.free_memory() == 256 << 30


def test_the_narrowest_group_of_version_2_holds(groups):
    files = {
        f"{SLURM}/step_0/cpu.max": "max 100000\n",
        f"{SLURM}/cpu.max": "1250000 100000\n",
        f"{SLURM}/step_0/memory.max": "max\n",
        f"{SLURM}/step_0/memory.current": "1000\n",
        f"{SLURM}/memory.max": f"{16 << 30}\n",
        f"{SLURM}/memory.current": f"{12 << 30}\n",
        f"{SLURM}/memory.stat": f"anon 1\nfile 2\ninactive_file {10 << 30}\nactive_file 3\n",
    }
    groups(f"0::/{SLURM}/step_0\n", **files)
    assert cores.usable_cores() == 13
    # Pages of dumps that were read fill the group's memory, and go when others need it.
    assert cores.free_memory() == 14 << 30
    assert cores.workers(0, 1000, 3 << 30) == 4
    assert cores.workers(9, 1000, 3 << 30) == 9


def test_groups_of_version_1_hold_as_well(groups):
    files = {
        "cpu/docker/a/cpu.cfs_quota_us": "150000\n",
        "cpu/docker/a/cpu.cfs_period_us": "100000\n",
        "cpu/cpu.cfs_quota_us": "-1\n",
        "cpu/cpu.cfs_period_us": "100000\n",
        "memory/memory.limit_in_bytes": f"{4 << 30}\n",
        "memory/memory.usage_in_bytes": f"{1 << 30}\n",
        "memory/docker/a/memory.limit_in_bytes": f"{cores.NO_LIMIT * 2 - 4096}\n",
        "memory/docker/a/memory.usage_in_bytes": "1\n",
    }
    groups("5:memory:/docker/a\n4:cpu,cpuacct:/docker/a\n1:name=systemd:/\n", **files)
    assert cores.usable_cores() == 2
    assert cores.free_memory() == 3 << 30
    assert cores.workers(0, 10, 2 << 30) == 1


TABLE = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /home rw,relatime shared:9 - nfs4 server:/home rw,vers=4.2
41 22 0:36 / /scratch/my\040data rw shared:3 - lustre mds@tcp:/fs rw
42 40 8:2 / /home/me/local rw - xfs /dev/sdb1 rw
43 22 0:37 / /gpfs rw - gpfs gpfs rw
44 22 0:38 / /gpfs rw - tmpfs tmpfs rw
45 22 0:39 / /mnt rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "shared"),
    [
        ("/var/x", "ext4", False),
        ("/home/me/valact/.responses/store.sqlite", "nfs4", True),
        ("/homely", "ext4", False),
        ("/scratch/my data/x", "lustre", True),
        ("/home/me/local/x", "xfs", False),
        ("/gpfs/x", "tmpfs", False),
        ("/mnt", "fuse.sshfs", True),
    ],
)
def test_a_path_lies_on_what_is_mounted_nearest_above_it(tmp_path, monkeypatch, path, kind, shared):
    (tmp_path / "mountinfo").write_text(TABLE)
    monkeypatch.setattr(mounts, "TABLE", tmp_path / "mountinfo")
    assert mounts.kind(mounts.Path(path)) == kind
    assert mounts.is_shared(kind) is shared


def test_where_the_system_does_not_tell_nothing_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(mounts, "TABLE", tmp_path / "none")
    assert mounts.kind(tmp_path) is None
    assert not mounts.is_shared(None)
