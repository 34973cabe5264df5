"""A model server that does what the user's last words say, in OpenAI's language.

Usage: provider.py PORT       (or import it; see README.md)

    fail 429          answers with that status
    stall             begins to stream and does not end
    think …           shows a thought first
    call:NAME {…}     calls the tool NAME, with those arguments or ones that fit its schema
    anything else     repeats it; results of tools, if there are new ones; or JSON for a schema
"""

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


def sample(schema, root):
    """A value that fits a JSON Schema."""
    if "$ref" in schema:
        found = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return sample(found, root)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return sample(schema[word][0], root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            return {name: sample(of, root) for name, of in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema.get("items", {"type": "string"}), root)]
        case "integer" | "number":
            return 21
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "Oslo"


def text(content):
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or [])


class Provider(BaseHTTPRequestHandler):
    left = threading.Semaphore(0)
    """Counts streams that somebody has left before their end."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/embeddings"):
            self.embed(asked)
            return
        said = next((text(m["content"]) for m in reversed(asked["messages"]) if m["role"] == "user"), "")
        if failure := re.search(r"fail (\d\d\d)", said):
            self.json(int(failure[1]), {"error": {"message": f"told to {failure[0]}", "type": "x"}})
            return
        message = self.message(asked, said)
        if asked.get("stream"):
            self.stream(message, said)
        else:
            choice = {"index": 0, "message": message, "finish_reason": finish(message)}
            self.json(200, {"id": "c-1", "model": "m-1", "choices": [choice], "usage": USAGE})

    def message(self, asked, said):
        message = {"role": "assistant", "content": None}
        if said.startswith("think"):
            message["reasoning_content"] = "Let me see."
        last = asked["messages"][-1]
        tools = {tool["function"]["name"]: tool["function"] for tool in asked.get("tools", [])}
        wanted = re.search(r"call:(\w+) *(\{.*\})?", said)
        schema = asked.get("response_format", {}).get("json_schema", {}).get("schema")
        if last["role"] == "tool":
            message["content"] = "tools say " + text(last["content"])
        elif wanted and wanted[1] in tools:
            parameters = tools[wanted[1]].get("parameters", {})
            arguments = wanted[2] or json.dumps(sample(parameters, parameters))
            function = {"name": wanted[1], "arguments": arguments}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        elif schema:
            message["content"] = json.dumps(sample(schema, schema))
        else:
            content = last["content"] if isinstance(last["content"], list) else []
            urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
            seen = [url.split(":")[1].split(";")[0] for url in urls]
            message["content"] = "I see " + ", ".join(seen) if seen else "you said " + said
        return message

    def stream(self, message, said):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if "reasoning_content" in message:
            self.chunk({"reasoning_content": message["reasoning_content"]})
        content = message["content"] or ""
        for at in range(0, len(content), 4):
            self.chunk({"content": content[at:at + 4]})
        if said == "stall":
            self.stall()
            return
        for call in message.get("tool_calls", []):
            function = call["function"]
            self.chunk({"tool_calls": [{"index": 0, **call, "function": {**function, "arguments": ""}}]})
            half = len(function["arguments"]) // 2
            for piece in (function["arguments"][:half], function["arguments"][half:]):
                self.chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        self.chunk({}, finish(message))
        self.event(json.dumps({"id": "c-1", "model": "m-1", "choices": [], "usage": USAGE}))
        self.event("[DONE]")

    def stall(self):
        try:
            for _ in range(2_000):
                self.chunk({"content": "."})
                time.sleep(0.01)
        except OSError:
            Provider.left.release()

    def chunk(self, delta, reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        self.event(json.dumps({"id": "c-1", "model": "m-1", "choices": [choice]}))

    def event(self, data):
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def embed(self, asked):
        inputs = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        vector = "AAAAPwAAwL8=" if asked.get("encoding_format") == "base64" else [0.5, -1.5]
        data = [{"object": "embedding", "index": i, "embedding": vector} for i in range(len(inputs))]
        self.json(200, {"object": "list", "data": data, "model": "m-1", "usage": USAGE})

    def json(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def finish(message):
    return "tool_calls" if "tool_calls" in message else "stop"


def serve(port):
    return ThreadingHTTPServer(("127.0.0.1", port), Provider)


if __name__ == "__main__":
    serve(int(sys.argv[1])).serve_forever()
