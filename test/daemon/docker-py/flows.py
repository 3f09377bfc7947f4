"""What users of docker-py do; the name of a flow is the argument, DOCKER_HOST the engine, which has busybox."""

import io
import sys
import tarfile
import threading

import docker
from docker.errors import APIError, BuildError, ContainerError, ImageNotFound, NotFound
from docker.types import Healthcheck, IPAMConfig, IPAMPool, LogConfig, Mount, Ulimit
from docker.utils.socket import frames_iter

client = docker.from_env(timeout=60)


def refused(kind, function, *words, **named):
    """What a call raises, which must be of that kind."""
    try:
        function(*words, **named)
    except kind as error:
        return error
    raise AssertionError(f"{function} was not refused")


def quick(command, **more):
    return client.containers.run("busybox", command, **{"network_mode": "none", "remove": True, **more})


def sleeper(name, **more):
    return client.containers.run(
        "busybox", ["sleep", "600"], name=name, detach=True, **{"network_mode": "none", **more}
    )


def archive(**files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def containers():
    assert quick(["echo", "hello"]) == b"hello\n"
    assert quick(["sh", "-c", "echo out; echo err >&2"], stdout=True, stderr=True) == b"out\nerr\n"
    failed = refused(ContainerError, quick, ["sh", "-c", "echo no >&2; exit 3"])
    assert (failed.exit_status, failed.stderr) == (3, b"no\n"), failed
    refused(ImageNotFound, client.containers.create, "absent")
    refused(NotFound, client.containers.get, "absent")

    box = sleeper("py-box", labels={"a": "b"})
    box.reload()
    assert (box.status, box.image.tags) == ("running", ["busybox:latest"]), box.attrs
    assert [each.name for each in client.containers.list(filters={"label": "a=b"})] == ["py-box"]
    assert "sleep" in str(box.top()["Processes"])
    assert box.stats(stream=False)["memory_stats"]["usage"] > 0
    box.pause()
    box.reload()
    assert box.status == "paused"
    box.unpause()
    box.rename("py-boxed")
    box.update(mem_limit="64m", memswap_limit="64m")
    box.reload()
    assert (box.name, box.attrs["HostConfig"]["Memory"]) == ("py-boxed", 64 << 20)
    box.kill(signal="SIGKILL")
    assert box.wait()["StatusCode"] == 137
    box.restart(timeout=0)
    box.stop(timeout=0)
    assert not box.diff()
    assert refused(APIError, client.containers.create, "busybox", name="py-boxed").status_code == 409
    box.remove()
    assert not client.containers.prune(filters={"label": "a=b"})["ContainersDeleted"]


def options():
    lines = quick(
        ["sh", "-c", "hostname; id -u; pwd; echo $A; ulimit -n; touch /ro/x 2>&1; grep elsewhere /etc/hosts"],
        hostname="boxed",
        user="7",
        working_dir="/tmp",
        environment={"A": "b c"},
        ulimits=[Ulimit(name="nofile", soft=512, hard=512)],
        mem_limit="64m",
        nano_cpus=500_000_000,
        pids_limit=50,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        log_config=LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m", "max-file": "2"}),
        mounts=[Mount(target="/memory", source=None, type="tmpfs", tmpfs_size=1 << 20)],
        tmpfs={"/more": "size=1m"},
        volumes={"py-options": {"bind": "/ro", "mode": "ro"}},
        extra_hosts={"elsewhere": "10.9.8.7"},
        healthcheck=Healthcheck(test=["CMD", "true"], interval=10**9),
        init=True,
        shm_size="8m",
        stop_signal="SIGINT",
    ).decode().splitlines()
    assert lines == [
        "boxed",
        "7",
        "/tmp",
        "b c",
        "512",
        "touch: /ro/x: Read-only file system",
        "10.9.8.7\telsewhere",
    ], lines
    client.volumes.get("py-options").remove()
    error = refused(APIError, client.containers.create, "busybox", storage_opt={"size": "1G"})
    assert error.status_code == 400 and "StorageOpt" in error.explanation, error


def executes():
    box = sleeper("py-exec")
    assert box.exec_run(["sh", "-c", "echo out; echo err >&2; exit 4"], demux=True) == (4, (b"out\n", b"err\n"))
    assert box.exec_run("pwd", workdir="/tmp").output == b"/tmp\n"
    assert box.exec_run("tty", tty=True).output.strip().startswith(b"/dev/")
    assert b"".join(box.exec_run("echo as it comes", stream=True).output) == b"as it comes\n"
    assert box.exec_run("touch /later", detach=True).output == ""
    made = client.api.exec_create(box.id, ["cat"], stdin=True)["Id"]
    connection = client.api.exec_start(made, socket=True)
    connection._sock.sendall(b"typed\n")
    assert next(frames_iter(connection, tty=False)) == (1, b"typed\n")
    connection.close()
    assert refused(APIError, client.api.exec_inspect, "absent").status_code == 404
    box.remove(force=True)


def attaches():
    box = client.containers.create(
        "busybox", ["sh", "-c", "read line; echo got $line"], stdin_open=True, network_mode="none"
    )
    connection = box.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    box.start()
    connection._sock.sendall(b"this\n")
    assert next(frames_iter(connection, tty=False)) == (1, b"got this\n")
    box.wait()
    connection.close()
    assert b"".join(box.logs(stream=True, follow=True)) == b"got this\n"
    stamped = box.logs(timestamps=True, tail=1).decode()
    assert stamped.endswith("Z got this\n"), stamped
    # What comes together with the head of the answer is lost to it, with every engine, so it may take a few attempts.
    assert any(box.attach(logs=True, stream=False) == b"got this\n" for _ in range(50))
    assert box.put_archive("/tmp", archive(note=b"content"))
    parts, told = box.get_archive("/tmp/note")
    with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as tar:
        assert (told["name"], tar.extractfile("note").read()) == ("note", b"content")
    assert sum(map(len, box.export())) > 512
    box.remove()


def images():
    image = client.images.get("busybox")
    assert image.tag("py/tagged", "1") and image.history()
    assert "py/tagged:1" in client.images.get("py/tagged:1").tags
    assert client.images.list(filters={"reference": "py/*"})[0].id == image.id
    saved = b"".join(client.images.get("py/tagged:1").save(named="py/tagged:1"))
    client.images.remove("py/tagged:1")
    refused(ImageNotFound, client.images.get, "py/tagged:1")
    assert client.images.load(saved)[0].tags.count("py/tagged:1") == 1
    client.images.remove("py/tagged:1")
    box = client.containers.run("busybox", ["touch", "/made"], detach=True, network_mode="none")
    box.wait()
    assert box.diff() == [{"Path": "/made", "Kind": 1}]
    assert box.commit("py/committed", conf={"Cmd": ["ls", "/made"]}).tags == ["py/committed:latest"]
    assert client.containers.run("py/committed", remove=True, network_mode="none") == b"/made\n"
    box.remove()
    client.images.remove("py/committed")
    client.images.prune()


def builds():
    image, log = client.images.build(
        fileobj=io.BytesIO(b"FROM busybox\nARG A\nRUN echo $A > /a\nCMD cat /a\n"),
        tag="py/built",
        buildargs={"A": "given"},
        labels={"l": "m"},
        rm=True,
    )
    assert any("Successfully built" in line.get("stream", "") for line in log)
    assert (image.tags, image.labels["l"]) == (["py/built:latest"], "m")
    assert client.containers.run(image.id, remove=True, network_mode="none") == b"given\n"
    context = io.BytesIO(archive(Dockerfile=b"FROM busybox\nCOPY f /f\nRUN exit 5\n", f=b"file"))
    failed = refused(BuildError, client.images.build, fileobj=context, custom_context=True)
    assert "returned a non-zero code: 5" in failed.msg, failed.msg
    client.images.remove("py/built")


def networks():
    pool = IPAMPool(subnet="10.233.71.0/24", gateway="10.233.71.1")
    network = client.networks.create("py-net", ipam=IPAMConfig(pool_configs=[pool]), labels={"n": "o"})
    assert [each.name for each in client.networks.list(filters={"label": "n=o"})] == ["py-net"]
    box = sleeper("py-server", network_mode="bridge")
    network.connect(box, aliases=["server"], ipv4_address="10.233.71.9")
    network.reload()
    assert [each.name for each in network.containers] == ["py-server"]
    found = quick(["nslookup", "server"], network_mode="py-net")
    assert b"10.233.71.9" in found, found
    network.disconnect(box)
    box.remove(force=True)
    network.remove()
    refused(NotFound, client.networks.get, "py-net")
    assert not client.networks.prune(filters={"label": "n=o"})["NetworksDeleted"]


def volumes():
    volume = client.volumes.create("py-volume", labels={"v": "w"})
    assert quick(["sh", "-c", "echo kept > /v/f"], volumes={"py-volume": {"bind": "/v"}}) == b""
    assert quick(["cat", "/v/f"], volumes=["py-volume:/v:ro"]) == b"kept\n"
    assert [each.name for each in client.volumes.list(filters={"label": "v=w"})] == ["py-volume"]
    volume.remove()
    refused(NotFound, client.volumes.get, "py-volume")
    client.volumes.prune()


def events():
    stream = client.events(decode=True, filters={"type": "container", "label": "heard=yes"})
    seen = []

    def hear():
        for event in stream:
            seen.append(event["Action"])
            if event["Action"] == "destroy":
                return

    listener = threading.Thread(target=hear)
    listener.start()
    quick(["true"], labels={"heard": "yes"})
    listener.join(30)
    stream.close()
    assert {"create", "attach", "start", "die", "destroy"} >= set(seen) >= {"create", "start", "die", "destroy"}, seen


def facts():
    assert client.ping() and client.version()["ApiVersion"] == "1.51" and client.info()["ID"]
    assert client.df()["Images"]
    assert refused(APIError, client.swarm.init).status_code == 503
    assert client.plugins.list() == []


FLOWS = (containers, options, executes, attaches, images, builds, networks, volumes, events, facts)

if __name__ == "__main__":
    {flow.__name__: flow for flow in FLOWS}[sys.argv[1]]()
