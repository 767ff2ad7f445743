"""Podman for one test: its own storage, no network, runc and cgroupfs, no systemd."""
import os
import shutil
import subprocess
import tempfile


class Podman:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="kinglet-podman-")
        with open(f"{self.folder}/containers.conf", "w", encoding="utf-8") as f:
            f.write('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "none"\n'
                    '[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\n')
        with open(f"{self.folder}/policy.json", "w", encoding="utf-8") as f:
            f.write('{"default": [{"type": "insecureAcceptAnything"}]}')

    def __call__(self, *argv, check=True, **more):
        p = subprocess.run(["podman", "--root", f"{self.folder}/root", "--runroot", f"{self.folder}/run", *argv],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                           env={**os.environ, "CONTAINERS_CONF": f"{self.folder}/containers.conf"}, **more)
        if not check:
            return p.returncode, p.stdout.strip()
        assert p.returncode == 0, f"podman {' '.join(argv)}: {p.stdout}"
        return p.stdout.strip()

    def load(self, image, name):
        """Takes an image over from Docker, under another name."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
            loaded = self("load", "--signature-policy", f"{self.folder}/policy.json", stdin=save.stdout)
        self("tag", loaded.split()[-1], name)

    def close(self):
        self("pod", "rm", "--all", "--force", "--time", "0", check=False)
        self("rm", "--all", "--force", "--time", "0", check=False)
        self("volume", "rm", "--all", "--force", check=False)
        subprocess.run(["umount", "-q", f"{self.folder}/root/overlay"], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
