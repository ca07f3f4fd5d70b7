"""A stand-in for the Hugging Face hub: as much of it as it takes to create a repository and commit files, and to read a
dataset's by `hf://datasets/OWNER/NAME/FILE`.

`python hub_server.py FOLDER TOKEN` prints its port; repositories lie under FOLDER, datasets under FOLDER/datasets. What
the hub refuses, a wrong token, what is not there, metadata that is none, a file whose content is not that of its hash,
is refused here as well. FOLDER/ranges.txt has the range of each read of a file.
"""

import base64
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

FOLDER, TOKEN = Path(sys.argv[1]), sys.argv[2]


class Hub(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def refused(self):
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return False
        self.body()
        self.answer({"error": "Invalid username or password."}, 401)
        return True

    def do_GET(self):
        if self.refused():
            return
        match unquote(urlsplit(self.path).path).strip("/").split("/"):
            case ["api", "models", *_, _] as parts:
                self.repository("/".join(parts[2:]), {"modelId": "/".join(parts[2:])})
            case ["api", "datasets", owner, name] | ["api", "datasets", owner, name, "revision", "main"]:
                self.repository(f"datasets/{owner}/{name}", {})
            case ["api", "datasets", owner, name, "revision", _]:
                self.not_found("RevisionNotFound" if self.there(owner, name) else "RepoNotFound")
            case ["api", "datasets", owner, name, "tree", "main", *folder]:
                self.tree(FOLDER / "datasets" / owner / name, "/".join(folder))
            case ["datasets", owner, name, "resolve", "main", *file]:
                self.file((FOLDER / "datasets" / owner / name).joinpath(*file))
            case _:
                self.not_found("EntryNotFound")

    def there(self, owner, name):
        return (FOLDER / "datasets" / owner / name).is_dir()

    def repository(self, repo, facts):
        if not (FOLDER / repo).is_dir():
            return self.not_found("RepoNotFound")
        about = {"id": repo.removeprefix("datasets/"), "private": True, "siblings": [], "tags": [], "downloads": 0}
        self.answer(about | facts)

    def not_found(self, code):
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def tree(self, root, folder):
        """What lies in a folder; not of folders in it, which only a recursive listing is asked for."""
        if not (root / folder).is_dir():
            return self.not_found("EntryNotFound")
        entries = []
        for path in sorted((root / folder).iterdir()):
            about = {"path": path.relative_to(root).as_posix(), "oid": "0" * 40}
            file = {"type": "file", "size": path.stat().st_size}
            entries.append(about | (file if path.is_file() else {"type": "directory", "size": 0}))
        self.answer(entries)

    def file(self, path):
        """The bytes that are asked for, at once: the hub redirects to them."""
        if not path.is_file():
            return self.not_found("EntryNotFound")
        content, (unit, _, asked) = path.read_bytes(), self.headers.get("Range", "").partition("=")
        first, last = (int(part or 0) for part in asked.split("-")) if unit == "bytes" else (0, len(content) - 1)
        body = content[first : last + 1]
        with (FOLDER / "ranges.txt").open("a") as ranges:
            ranges.write(f"{first}-{last}\n")
        self.send_response(206 if unit else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        content = self.body()
        digest = self.path.rsplit("/", 1)[-1]
        if hashlib.sha256(content).hexdigest() != digest:
            self.answer({"error": "hash"}, 400)
            return
        (FOLDER / "objects").mkdir(exist_ok=True)
        (FOLDER / "objects" / digest).write_bytes(content)
        self.answer({})

    def do_POST(self):
        path = self.path.split("?")[0]
        if path != "/api/validate-yaml" and self.refused():  # anyone may ask for that
            return
        content = self.body()
        here = f"http://127.0.0.1:{self.server.server_port}"
        if path == "/api/repos/create":
            asked = json.loads(content)
            repo = f"{asked.get('organization') or 'someone'}/{asked['name']}"
            (FOLDER / repo).mkdir(parents=True)
            (FOLDER / "created.json").write_text(json.dumps(asked))
            self.answer({"url": f"{here}/{repo}"})
        elif path == "/api/validate-yaml":
            self.answer({"warnings": [], "errors": []}, 200 if metadata_of(json.loads(content)["content"]) else 400)
        elif "/preupload/" in path:
            files = json.loads(content)["files"]
            self.answer({"files": [{**one, "uploadMode": mode(one), "shouldIgnore": False} for one in files]})
        elif path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(content)["objects"]
            for one in objects:
                one["actions"] = {"upload": {"href": f"{here}/upload/{one['oid']}"}}
            self.answer({"transfer": "basic", "objects": objects})
        elif "/commit/" in path:
            self.commit(path.removeprefix("/api/models/").split("/commit/")[0], content, here)
        else:
            self.answer({"error": f"unknown: {path}"}, 404)

    def commit(self, repo, content, here):
        for line in content.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "header":
                continue
            target = FOLDER / repo / value["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry["key"] == "file":
                target.write_bytes(base64.b64decode(value["content"]))
            else:
                target.write_bytes((FOLDER / "objects" / value["oid"]).read_bytes())
        self.answer({"commitUrl": f"{here}/{repo}/commit/{'0' * 40}", "commitOid": "0" * 40})


def mode(file):
    return "lfs" if file["path"].endswith((".onnx", ".safetensors")) else "regular"


def metadata_of(card):
    return card.startswith("---\n") and isinstance(yaml.safe_load(card.split("---\n")[1]), dict)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    print(server.server_port, flush=True)
    server.serve_forever()
