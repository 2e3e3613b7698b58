"""Base images built from Debian and from language packages, in place of those that cannot be pulled here."""

import re
import shutil
import subprocess
from pathlib import Path

from infra.stack.cache import cached, tell
from infra.stack.kafka import kafka_jars
from tests.compose.engine import SUITE, CommandFailed, Engine
from tests.compose.releases import ROOT, Release

RECIPES = Path(__file__).with_name("stand_ins")
PREFIX = "tournee-stand-in"
DEBIAN = f"{PREFIX}/debian"
NAMES = {
    "python": "python",
    "node": "node",
    "alpine": "alpine",
    "eclipse-mosquitto": "mosquitto",
    "apache/kafka": "kafka",
    "timescale/timescaledb": "timescaledb",
    "caddy": "caddy",
    "prom/prometheus": "prometheus",
}
"""What stands in for an image, by the image's name without tag and digest. Python before node, which is made of it."""
MISSING = ("grafana/grafana",)
"""Images without a stand-in."""
OURS = {"tournee-mqtt": "infra/compose/mqtt/Dockerfile", "tournee": "infra/compose/Dockerfile"}
"""Our images, and the Dockerfiles that make them."""
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
MIRROR = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Component: main"]


def build_stand_ins(engine: Engine) -> None:
    """All of them. Raises: CommandFailed."""
    import_debian(engine)
    for recipe in NAMES.values():
        tell(f"Building a stand-in: {recipe} ...")
        context = engine.folder / "stand_ins" / recipe
        shutil.copytree(RECIPES / recipe, context)
        if recipe == "node":
            shutil.copy(ROOT / "requirements-node.lock", context)
        if recipe == "kafka":
            shutil.copytree(kafka_jars(), context / "libs", ignore=shutil.ignore_patterns("pom.xml"))
        engine.docker("build", "--network", "host", "--tag", f"{PREFIX}/{recipe}", str(context))


def build_release(engine: Engine, release: Release) -> None:
    """Our images by the release's own Dockerfiles, of which only the bases are others. Raises: CommandFailed."""
    with release.checked_out() as folder:
        for image, dockerfile in OURS.items():
            tell(f"Building {image}, {release.name} ...")
            path = engine.folder / f"{image}-{release.name}.Dockerfile"
            path.write_text(on_stand_ins((folder / dockerfile).read_text()))
            tag = f"{image}:{release.name}"
            engine.docker(
                *("build", "--network", "host", "--file", str(path), "--tag", tag, str(folder)), patience_s=1200
            )


def on_stand_ins(dockerfile: str) -> str:
    """The same with our bases; stages that are made of an earlier stage keep it."""
    return re.sub(r"^FROM (\S+)", lambda found: f"FROM {stand_in_of(found[1])}", dockerfile, flags=re.MULTILINE)


def image_here(image: str, release: Release) -> str | None:
    """What is run in place of an image of docker-compose.yml: one of ours, or a stand-in; None: there is none.

    Raises:
        KeyError: nobody has thought of a stand-in.
    """
    name = re.split("[:@]", image)[0]
    if name in MISSING:
        return None
    return f"{name}:{release.name}" if name in OURS else stand_in_of(image)


def stand_in_of(image: str) -> str:
    """Raises: KeyError for an image without one."""
    return f"{PREFIX}/{NAMES[re.split('[:@]', image)[0]]}"


def import_debian(engine: Engine) -> None:
    archive = cached(f"debian-{SUITE}", _fetch_debian) / "root.tar"
    engine.docker("import", str(archive), DEBIAN)


def _fetch_debian(place: Path) -> None:
    """A smallest Debian, with the authorities that this machine trusts: what builds fetches as this machine does."""
    tell(f"Fetching Debian {SUITE} (about 100 MB, once) ...")
    root = place / "root"
    told = subprocess.run(MIRROR, capture_output=True, text=True, check=True).stdout.split()
    for command in (
        ["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(root), told[0]],
        ["tar", "--directory", str(root), "--create", "--file", str(place / "root.tar"), "."],
    ):
        if command[0] == "tar":
            shutil.copy(AUTHORITIES, root / AUTHORITIES.relative_to("/"))
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise CommandFailed(f"`{command[0]}` ended with {run.returncode}: {(run.stdout + run.stderr)[-2000:]}")
    shutil.rmtree(root)
