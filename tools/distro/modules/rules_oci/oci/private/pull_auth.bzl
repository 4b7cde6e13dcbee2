"""Credentials for registries, from the files of docker and podman, and tokens."""

load(":challenges.bzl", "find_challenge")

def authorize(rctx, host, path):
    """Makes what authorizes downloads from a repository.

    Args:
        rctx: The repository's context, with the attributes `config` and `www_authenticate_challenges`.
        host: String, the registry.
        path: String, the repository there.

    Returns:
        Dict for `rctx.download(auth = {url: ...})`; empty if the registry is asked without.
    """
    credentials = _find(rctx, host, path)
    challenge = find_challenge(host, path, rctx.attr.www_authenticate_challenges)
    if challenge["scheme"] == "basic" or credentials.get("pattern", "").startswith("Bearer "):
        return credentials
    url = "%s%sscope=%s" % (
        challenge["realm"],
        "&" if "?" in challenge["realm"] else "?",
        _encode(challenge["scope"]),
    )
    url += "&service=" + _encode(challenge["service"])
    result = rctx.download(url, output = "token.json", auth = {url: credentials} if credentials else {}, allow_fail = True)
    answer = json.decode(rctx.read("token.json"), default = None) if result.success else None

    # What a token allows is nobody's who can read the output base.
    rctx.delete("token.json")
    token = answer and (answer.get("token") or answer.get("access_token"))
    if not token:
        _fail(rctx, "%s gives no token for %s/%s: %s" % (challenge["realm"], host, path, describe_credentials(rctx, host)))
    return {"type": "pattern", "pattern": "Bearer <password>", "password": token}

def describe_credentials(rctx, host):
    """Says where credentials are looked for.

    Args:
        rctx: The repository's context.
        host: String, the registry.

    Returns:
        String, with what to do.
    """
    return "credentials were looked for in %s; log in:\n    docker login %s" % (
        ", ".join([str(file) for file in _files(rctx)]) or "no file, there is none",
        host,
    )

def _files(rctx):
    files = [rctx.path(rctx.attr.config)] if rctx.attr.config else []
    for variable, rest in [
        ("DOCKER_CONFIG", "/config.json"),
        ("REGISTRY_AUTH_FILE", ""),
        ("XDG_RUNTIME_DIR", "/containers/auth.json"),
        ("XDG_CONFIG_HOME", "/containers/auth.json"),
        ("HOME", "/.config/containers/auth.json"),
        ("HOME", "/.docker/config.json"),
    ]:
        directory = rctx.getenv(variable)
        if directory:
            files.append(rctx.path(directory + rest))
    return [file for file in files if file.exists]

def _find(rctx, host, path):
    for file in _files(rctx):
        config = _read(rctx, file)
        for key, helper in (config.get("credHelpers") or {}).items():
            if helper and _host(key) == host:
                return _ask(rctx, helper, key)
        for key, entry in _entries(config.get("auths") or {}, host, path):
            found = _entry(rctx, file, key, entry)
            if found:
                return found
        if config.get("credsStore"):
            key = "https://index.docker.io/v1/" if host == "docker.io" else host
            found = _ask(rctx, config["credsStore"], key, is_for_all = True)
            if found:
                return found
    return {}

def _read(rctx, file):
    content = rctx.read(file, watch = "no")
    config = _first_value(content) if content.strip() else {}
    if type(config) != "dict":
        _fail(rctx, "%s is not a file of credentials in JSON; mend or remove it" % file)
    return config

def _first_value(content):
    """The first value of a file, as docker reads it: what follows is not looked at."""
    value = json.decode(content, default = None)
    for end in range(len(content)) if value == None else []:
        if content[end] == "}":
            value = json.decode(content[:end + 1], default = None)
            if value != None:
                return value
    return value

def _entries(auths, host, path):
    """The entries for a repository: podman's, by the longest path first, then docker's, by the host alone."""
    name = host + "/" + path
    ranked = []
    for key in auths:
        namespace = _host(key) + "/" + key.strip("/").partition("/")[2]
        if "://" not in key and (name + "/").startswith(namespace.rstrip("/") + "/"):
            ranked.append((-len(namespace), key))
        elif _host(key) == host:
            ranked.append((0, key))
    return [(key, auths[key] or {}) for _, key in sorted(ranked)]

def _host(key):
    """The host of a key, with its port. A scheme and a path are taken off, as docker and crane do."""
    host = key.rpartition("://")[2].partition("/")[0]
    return "docker.io" if host in ["index.docker.io", "registry-1.docker.io"] else host

def _entry(rctx, file, key, entry):
    if entry.get("registrytoken"):
        return {"type": "pattern", "pattern": "Bearer <password>", "password": entry["registrytoken"]}
    auth = entry.get("auth")
    if entry.get("identitytoken"):
        login, colon, password = (_convert(rctx, auth, "cat") if auth else "<token>:").partition(":")
        if colon and not password:
            # As `az acr login` leaves it.
            return {"type": "basic", "login": login, "password": entry["identitytoken"]}
    if auth:
        # Without the NULs with which some versions of docker padded the password.
        encoded = _convert(rctx, auth, "base64 --wrap=0")
        if not encoded:
            _fail(rctx, "%s: auths, %s: `auth` is not the base64 of name:password; log in again" % (file, key))
        return {"type": "pattern", "pattern": "Basic <password>", "password": encoded}
    if entry.get("username") and entry.get("password"):
        return {"type": "basic", "login": entry["username"], "password": entry["password"]}
    return {}

def _convert(rctx, auth, command):
    """What a command makes of the name and the password; empty if `auth` is not their base64."""
    script = 'pair="$(printf %s "$1" | tr -d "[:space:]" | base64 --decode | tr -d "\\000")" && [[ "$pair" == *:* ]] && printf %s "$pair" | ' + command
    result = rctx.execute(["bash", "-o", "pipefail", "-c", script, "bash", auth])
    return "" if result.return_code else result.stdout

def _ask(rctx, helper, key, is_for_all = False):
    # The shell, since a program that is started here gets no input.
    program = "docker-credential-" + helper
    result = rctx.execute(["sh", "-c", 'command -v "$1" > /dev/null || exit 127; printf "%s\\n" "$2" | "$1" get', "sh", program, key])
    if result.return_code and "credentials not found" in result.stdout:
        return {}
    answer = json.decode(result.stdout, default = None) if not result.return_code else None
    if answer and answer.get("Secret"):
        return {"type": "basic", "login": answer.get("Username", ""), "password": answer["Secret"]}
    if answer != None:
        return {}
    found = "is not on PATH" if result.return_code == 127 else "fails: " + result.stderr.strip()

    # The image may be public: a helper for all registries knows nothing of this one.
    if is_for_all or result.return_code == 127:
        # buildifier: disable=print
        print("oci.pull %r: the credential helper %s %s; %s is asked without credentials" % (
            rctx.attr.pull_name,
            program,
            found,
            _host(key),
        ))
        return {}
    _fail(rctx, "the credential helper %s for %s %s; mend it, or log in without it" % (program, key, found))
    return {}

def _fail(rctx, message):
    fail("oci.pull %r: %s" % (rctx.attr.pull_name, message))

def _encode(text):
    return text.replace("%", "%25").replace(":", "%3A").replace("/", "%2F").replace(",", "%2C").replace(" ", "%20").replace("&", "%26")
