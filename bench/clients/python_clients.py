"""Python's client libraries against a server, with a scripted provider behind it.

Usage: python_clients.py SERVER_URL PROVIDER_PORT [openai|anthropic|ollama|litellm]…   (see README.md)

Without names, all that are installed; those that are not are named.
"""

import base64
import importlib
import os
import sys
import threading

import provider
from pydantic import BaseModel

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "weather", "description": "Tells the weather.", "parameters": PARAMETERS}
TOOL = {"type": "function", "function": FUNCTION}


class City(BaseModel):
    name: str
    people: int


OSLO = City(name="Oslo", people=21)


def equal(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")
    print("ok", what)


def refused(what, call, error, status):
    """The call must fail with that class of error and status."""
    try:
        answer = call()
    except error as failure:
        equal(what, getattr(failure, "status_code", None), status)
    else:
        sys.exit(f"{what}: answered {answer!r}")


def left(what):
    """The provider must notice that its stream was left."""
    equal(what, provider.Provider.left.acquire(timeout=20), True)


def with_openai(url, key):
    import openai

    client = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0)
    chat = client.chat.completions
    user = lambda said: {"model": "m", "messages": [{"role": "user", "content": said}]}

    whole = chat.create(**user("hi"))
    equal("openai whole", whole.choices[0].message.content, "you said hi")
    with chat.stream(**user("hi"), stream_options={"include_usage": True}) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    equal("openai stream", (len(pieces) > 1, "".join(pieces), final.usage.total_tokens), (True, "you said hi", 13))
    asked = chat.create(**user("call:weather"), tools=[TOOL]).choices[0].message
    equal("openai tool", asked.tool_calls[0].function.arguments, '{"city": "Oslo"}')
    result = {"role": "tool", "tool_call_id": asked.tool_calls[0].id, "content": "sun"}
    told = chat.create(model="m", messages=[*user("call:weather")["messages"], asked, result], tools=[TOOL])
    equal("openai tool result", told.choices[0].message.content, "tools say sun")
    parsed = chat.parse(**user("a city"), response_format=City)
    equal("openai structured", parsed.choices[0].message.parsed, OSLO)
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PICTURE}}
    equal("openai image", chat.create(**user([image])).choices[0].message.content, "I see image/png")
    vectors = client.embeddings.create(model="m", input=["a", "b"]).data
    equal("openai embeddings", [vector.embedding for vector in vectors], [[0.5, -1.5]] * 2)
    equal("openai models", [model.id for model in client.models.list()], ["m"])
    with chat.create(**user("stall"), stream=True) as stream:
        next(iter(stream))
    left("openai leaves")
    unknown = user("hi") | {"model": "unknown"}
    refused("openai unknown", lambda: chat.create(**unknown), openai.NotFoundError, 404)
    refused("openai limited", lambda: chat.create(**user("fail 429")), openai.RateLimitError, 429)
    responses(client)


def responses(client):
    import openai

    tool = {"type": "function", **FUNCTION, "strict": False}
    first = client.responses.create(model="m", input="call:weather", tools=[tool])
    call = next(item for item in first.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "sun"}
    second = client.responses.create(model="m", input=[output], tools=[tool], previous_response_id=first.id)
    equal("openai response", second.output_text, "tools say sun")
    equal("openai response kept", client.responses.retrieve(second.id), second)
    items = client.responses.input_items.list(second.id, order="asc", limit=1)
    kinds = ["message", "function_call", "function_call_output"]
    equal("openai response items", [item.type for item in items], kinds)
    shell = {"type": "custom", "name": "sh", "description": "a shell"}
    ran = client.responses.create(model="m", input="call:sh", tools=[shell, {"type": "web_search"}])
    equal("openai custom tool", [(item.type, item.input) for item in ran.output], [("custom_tool_call", "Oslo")])
    with client.responses.stream(model="m", input="think") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    equal("openai response stream", (kinds[0], kinds[-1]), ("response.created", "response.completed"))
    equal("openai thoughts", [item.type for item in final.output], ["reasoning", "message"])
    parsed = client.responses.parse(model="m", input="a city", text_format=City)
    equal("openai structured response", parsed.output_parsed, OSLO)
    client.responses.delete(second.id)
    gone = lambda: client.responses.create(model="m", input="x", previous_response_id=second.id)
    refused("openai response gone", gone, openai.NotFoundError, 404)


def with_anthropic(url, key):
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)
    ask = lambda content: {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": content}]}
    tool = {"name": "weather", "description": "Tells the weather.", "input_schema": PARAMETERS}

    whole = client.messages.create(**ask("think"), system="be short")
    with client.messages.stream(**ask("think")) as stream:
        streamed = stream.get_final_message()
    for name, answer in (("anthropic whole", whole), ("anthropic stream", streamed)):
        equal(name, [block.type for block in answer.content], ["thinking", "text"])
        equal(name, answer.content[1].text, "you said think")
        equal(name, (answer.usage.input_tokens, answer.usage.output_tokens), (9, 4))
    asked = client.messages.create(**ask("call:weather"), tools=[tool])
    equal("anthropic tool", (asked.stop_reason, asked.content[0].input), ("tool_use", {"city": "Oslo"}))
    result = {"type": "tool_result", "tool_use_id": asked.content[0].id, "content": "sun"}
    turns = [{"role": "assistant", "content": asked.content}, {"role": "user", "content": [result]}]
    told = ask("call:weather")
    told["messages"] += turns
    equal("anthropic tool result", client.messages.create(**told, tools=[tool]).content[0].text, "tools say sun")
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    seen = client.messages.create(**ask([{"type": "image", "source": source}]))
    equal("anthropic image", seen.content[0].text, "I see image/png")
    parsed = client.messages.parse(**ask("a city"), output_format=City)
    equal("anthropic structured", parsed.parsed_output, OSLO)
    equal("anthropic models", [model.id for model in client.models.list(limit=1)], ["m"])
    with client.messages.stream(**ask("stall")) as stream:
        next(stream.text_stream)
    left("anthropic leaves")
    unknown = ask("hi") | {"model": "unknown"}
    refused("anthropic unknown", lambda: client.messages.create(**unknown), anthropic.NotFoundError, 404)
    limited = ask("fail 429")
    refused("anthropic limited", lambda: client.messages.create(**limited), anthropic.RateLimitError, 429)
    count = {"model": "m", "messages": ask("hi")["messages"]}
    refused("anthropic count", lambda: client.messages.count_tokens(**count), anthropic.InternalServerError, 501)


def with_ollama(url, key):
    import ollama

    client = ollama.Client(host=url, headers={"Authorization": f"Bearer {key}"})
    ask = lambda said, **more: {"model": "m", "messages": [{"role": "user", "content": said, **more}]}
    whole = client.chat(**ask("think"))
    equal("ollama whole", (whole.message.content, whole.message.thinking), ("you said think", "Let me see."))
    equal("ollama whole", (whole.prompt_eval_count, whole.eval_count), (9, 4))
    parts = list(client.chat(**ask("hi"), stream=True))
    equal("ollama stream", "".join(part.message.content for part in parts), "you said hi")
    equal("ollama stream", (parts[-1].done, parts[-1].done_reason), (True, "stop"))
    calls = client.chat(**ask("call:weather"), tools=[TOOL]).message.tool_calls
    equal("ollama tool", calls[0].function.arguments, {"city": "Oslo"})
    answer = client.chat(**ask("a city"), format=City.model_json_schema())
    equal("ollama structured", City.model_validate_json(answer.message.content), OSLO)
    seen = client.chat(**ask("what?", images=[base64.b64decode(PICTURE)]))
    equal("ollama image", seen.message.content, "I see image/png")
    equal("ollama generate", client.generate(model="m", prompt="hi").response, "you said hi")
    equal("ollama embed", client.embed(model="m", input="a").embeddings, [[0.5, -1.5]])
    equal("ollama list", [model.model for model in client.list().models], ["m"])
    equal("ollama show", "tools" in client.show("m").capabilities, True)
    equal("ollama ps", list(client.ps().models), [])
    stream = client.chat(**ask("stall"), stream=True)
    next(stream)
    stream.close()
    left("ollama leaves")
    unknown = ask("hi") | {"model": "unknown"}
    refused("ollama unknown", lambda: client.chat(**unknown), ollama.ResponseError, 404)
    refused("ollama limited", lambda: client.chat(**ask("fail 429")), ollama.ResponseError, 429)


def with_litellm(url, key):
    """One program's calls in three languages, by the prefix of the model's name."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    bases = {"openai": url + "/v1", "anthropic": url, "ollama_chat": url}
    for prefix, base in bases.items():
        ask = lambda said, prefix=prefix, base=base: {
            "model": prefix + "/m",
            "api_base": base,
            "api_key": key,
            "num_retries": 0,
            "messages": [{"role": "user", "content": said}],
        }
        name = "litellm " + prefix
        equal(name, litellm.completion(**ask("hi")).choices[0].message.content, "you said hi")
        parts = list(litellm.completion(**ask("hi"), stream=True))
        said = "".join(part.choices[0].delta.content or "" for part in parts)
        equal(name + " stream", said, "you said hi")
        message = litellm.completion(**ask("call:weather"), tools=[TOOL]).choices[0].message
        equal(name + " tool", message.tool_calls[0].function.name, "weather")
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PICTURE}}
        seen = litellm.completion(**ask([{"type": "text", "text": "what?"}, image]))
        equal(name + " image", seen.choices[0].message.content, "I see image/png")
    parsed = litellm.completion(
        model="openai/m", api_base=bases["openai"], api_key=key, response_format=City,
        messages=[{"role": "user", "content": "a city"}],
    )
    equal("litellm structured", City.model_validate_json(parsed.choices[0].message.content), OSLO)
    vectors = litellm.embedding(model="openai/m", input=["a"], api_base=bases["openai"], api_key=key)
    equal("litellm embedding", vectors.data[0]["embedding"], [0.5, -1.5])
    answered = litellm.responses(model="openai/m", input="hi", api_base=bases["openai"], api_key=key)
    equal("litellm response", answered.output[0].content[0].text, "you said hi")
    message = {"model": "openai/unknown", "api_base": bases["openai"], "api_key": key}
    message["messages"] = [{"role": "user", "content": "hi"}]
    refused("litellm unknown", lambda: litellm.completion(**message), litellm.NotFoundError, 404)


LIBRARIES = {
    "openai": with_openai,
    "anthropic": with_anthropic,
    "ollama": with_ollama,
    "litellm": with_litellm,
}


def main():
    url, port = sys.argv[1], int(sys.argv[2])
    threading.Thread(target=provider.serve(port).serve_forever, daemon=True).start()
    key = os.environ.get("BACKPLANE_API_KEY", "none")
    for name in sys.argv[3:] or LIBRARIES:
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed: pip install {name}")
            continue
        LIBRARIES[name](url, key)
    print("done:", ", ".join(sys.argv[3:] or LIBRARIES))


if __name__ == "__main__":
    main()
