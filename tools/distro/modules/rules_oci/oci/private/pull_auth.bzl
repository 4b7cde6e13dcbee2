"""Credentials for registries, from configuration files of docker and podman, and tokens."""

load(":challenges.bzl", "find_challenge")

def authorize(rctx, host, path):
    """Returns the credentials for downloads from a repository.

    Args:
        rctx: The repository context, with the attributes `config` and `www_authenticate_challenges`.
        host: String, the registry.
        path: String, the repository.

    Returns:
        Dict for `rctx.download(auth = {url: ...})`; empty for anonymous access.
    """
    credentials = _find_credentials(rctx, host, path)
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
    response = json.decode(rctx.read("token.json"), default = None) if result.success else None

    # The token must not stay in the output base, which others may read.
    rctx.delete("token.json")
    token = response and (response.get("token") or response.get("access_token"))
    if not token:
        _fail(rctx, "%s issued no token for %s/%s: %s" % (challenge["realm"], host, path, describe_credentials(rctx, host)))
    return {"type": "pattern", "pattern": "Bearer <password>", "password": token}

def describe_credentials(rctx, host):
    """Returns a hint on credentials for an error.

    Args:
        rctx: The repository context.
        host: String, the registry.

    Returns:
        String, with the command that logs in.
    """
    return "credentials were read from %s; log in:\n    docker login %s" % (
        ", ".join([str(file) for file in _files(rctx)]) or "no file, because none exists",
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

def _find_credentials(rctx, host, path):
    for file in _files(rctx):
        config = _read(rctx, file)
        for key, helper in (config.get("credHelpers") or {}).items():
            if helper and _host(key) == host:
                return _get_from_helper(rctx, helper, key)
        for key, entry in _matching_entries(config.get("auths") or {}, host, path):
            found = _entry_credentials(rctx, file, key, entry)
            if found:
                return found
        if config.get("credsStore"):
            key = "https://index.docker.io/v1/" if host == "docker.io" else host
            found = _get_from_helper(rctx, config["credsStore"], key, is_for_all = True)
            if found:
                return found
    return {}

def _read(rctx, file):
    content = rctx.read(file, watch = "no")
    config = _first_value(content) if content.strip() else {}
    if type(config) != "dict":
        _fail(rctx, "invalid credentials file %s: expected a JSON object; fix or remove it" % file)
    return config

def _first_value(content):
    """Returns the first JSON value of a file and ignores the rest, as docker does."""
    value = json.decode(content, default = None)
    for end in range(len(content)) if value == None else []:
        if content[end] == "}":
            value = json.decode(content[:end + 1], default = None)
            if value != None:
                return value
    return value

def _matching_entries(auths, host, path):
    """Returns the entries for a repository: first those with a path, longest first (podman), then those with only a host (docker)."""
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
    """Returns the host and port of a key. The scheme and the path are removed, as in docker and crane."""
    host = key.rpartition("://")[2].partition("/")[0]
    return "docker.io" if host in ["index.docker.io", "registry-1.docker.io"] else host

def _entry_credentials(rctx, file, key, entry):
    if entry.get("registrytoken"):
        return {"type": "pattern", "pattern": "Bearer <password>", "password": entry["registrytoken"]}
    auth = entry.get("auth")
    if entry.get("identitytoken"):
        login, colon, password = (_decode_auth(rctx, auth, "cat") if auth else "<token>:").partition(":")
        if colon and not password:
            # Written by `az acr login`.
            return {"type": "basic", "login": login, "password": entry["identitytoken"]}
    if auth:
        # Encoded again without NULs, with which some versions of docker padded the password.
        encoded = _decode_auth(rctx, auth, "base64 --wrap=0")
        if not encoded:
            _fail(rctx, "%s: auths, %s: invalid `auth`: expected name:password in base64; log in again" % (file, key))
        return {"type": "pattern", "pattern": "Basic <password>", "password": encoded}
    if entry.get("username") and entry.get("password"):
        return {"type": "basic", "login": entry["username"], "password": entry["password"]}
    return {}

def _decode_auth(rctx, auth, command):
    """Pipes the decoded name:password to a command and returns its output; empty if `auth` is not valid base64 of such a pair."""
    script = 'pair="$(printf %s "$1" | tr -d "[:space:]" | base64 --decode | tr -d "\\000")" && [[ "$pair" == *:* ]] && printf %s "$pair" | ' + command
    result = rctx.execute(["bash", "-o", "pipefail", "-c", script, "bash", auth])
    return "" if result.return_code else result.stdout

def _get_from_helper(rctx, helper, key, is_for_all = False):
    # Through the shell, because rctx.execute provides no standard input.
    program = "docker-credential-" + helper
    result = rctx.execute(["sh", "-c", 'command -v "$1" > /dev/null || exit 127; printf "%s\\n" "$2" | "$1" get', "sh", program, key])
    if result.return_code and "credentials not found" in result.stdout:
        return {}
    response = json.decode(result.stdout, default = None) if not result.return_code else None
    if response and response.get("Secret"):
        return {"type": "basic", "login": response.get("Username", ""), "password": response["Secret"]}
    if response != None:
        return {}
    error = "is not on PATH" if result.return_code == 127 else "failed: " + result.stderr.strip()

    # The image may be public, and a helper for all registries may not know this one.
    if is_for_all or result.return_code == 127:
        # buildifier: disable=print
        print("oci.pull %r: the credential helper %s %s; accessing %s without credentials" % (
            rctx.attr.pull_name,
            program,
            error,
            _host(key),
        ))
        return {}
    _fail(rctx, "the credential helper %s for %s %s; fix it, or log in without it" % (program, key, error))
    return {}

def _fail(rctx, message):
    fail("oci.pull %r: %s" % (rctx.attr.pull_name, message))

def _encode(text):
    return text.replace("%", "%25").replace(":", "%3A").replace("/", "%2F").replace(",", "%2C").replace(" ", "%20").replace("&", "%26")
