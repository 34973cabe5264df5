// What the playground sends and hears: a prompt made of the messages of any span, and the answer as
// it comes.
import { ApiError, FieldError, json, request, spanPath } from "./api.js";
import { message, messagesIn, parsed } from "./messages.js";

/** @import {Span} from "./types.js" */
/** @import {Message} from "./messages.js" */

/**
 * A part of a message as it is edited; raw is what has no editor and goes as it came.
 * @typedef {{type: "text", text: string} | {type: "image", url: string} | {type: "raw", json: string}} DraftPart
 */

/**
 * @typedef {object} Draft a message as it is edited
 * @property {string} role
 * @property {DraftPart[]} parts
 * @property {string} calls of tools, as JSON; empty without
 * @property {string} callId that a tool's result answers
 */

/**
 * @typedef {object} Prompt
 * @property {Draft[]} messages
 * @property {string} tools JSON, empty without
 * @property {string} schema JSON that the answer has to follow, empty without
 * @property {Record<string, unknown>} [format] how a recorded call named its schema, and how strict it was
 */

/** @typedef {{model: string, settings: Record<string, string>, other: string, prompt: number}} Run */

/**
 * What came of a run.
 * @typedef {object} Answer
 * @property {"running" | "done" | "stopped" | "failed"} state
 * @property {string} text
 * @property {string} thinking
 * @property {{id: string, name: string, input: string}[]} calls
 * @property {number | null} first milliseconds to the first token
 * @property {number | null} total milliseconds
 * @property {number | null} input tokens
 * @property {number | null} output tokens
 * @property {number | null} cost
 * @property {string} finish
 * @property {string} target who answered
 * @property {string} ignored fields that the provider could not be told
 * @property {string} trace
 * @property {string} span
 * @property {unknown} error
 */

/** Settings with a field of their own: name, label, what it may look like. */
export const SETTINGS = /** @type {[string, string, string][]} */ ([
  ["temperature", "Temperature", "0 to 2"],
  ["top_p", "Top p", "0 to 1"],
  ["max_tokens", "Max tokens", "1024"],
  ["seed", "Seed", "7"],
  ["reasoning_effort", "Reasoning", "low"],
]);

/** Of a span's attributes, settings that go with the others. */
const OTHERS = new Set(["top_k", "frequency_penalty", "presence_penalty", "stop", "stop_sequences", "n", "logit_bias", "parallel_tool_calls", "tool_choice", "max_completion_tokens", "min_p", "repetition_penalty", "verbosity"]);

/** @returns {Prompt} */
export const emptyPrompt = () => ({ messages: [draft("user")], tools: "", schema: "" });

/** @param {string} role @returns {Draft} */
export const draft = (role) => ({ role, parts: [{ type: "text", text: "" }], calls: "", callId: "" });

/**
 * What a span asked, to be edited.
 * @param {Span} span
 * @returns {{prompt: Prompt, run: Run, thoughts: number}} thoughts: how many were left out, because
 *   only the model that signed them takes them back
 */
export function fromSpan(span) {
  const input = parsed(span["input"]);
  const whole = typeof input === "object" && input !== null && !Array.isArray(input) ? /** @type {Record<string, any>} */ (input) : {};
  const system = typeof whole["system"] === "string" ? [message({ role: "system", content: whole["system"] })] : [];
  const said = messagesIn(input) ?? [message({ role: "user", content: typeof input === "string" ? input : JSON.stringify(input ?? "", null, 2) })];
  const all = [...system, ...said];
  const given = givenTo(span, whole);
  const tools = toolsOf(parsed(span["tools"]) ?? given["tools"]);
  const { schema, format } = schemaOf(given);
  return {
    prompt: {
      messages: drafts(all),
      tools: tools.length ? JSON.stringify(tools, null, 2) : "",
      schema: schema ? JSON.stringify(schema, null, 2) : "",
      format,
    },
    run: runOf(span, given, !schema),
    thoughts: all.flatMap((one) => one.parts).filter((part) => part.type === "thinking").length,
  };
}

/** The parameters of a call, wherever its convention puts them. @param {Span} span @param {Record<string, any>} whole its input @returns {Record<string, any>} */
function givenTo(span, whole) {
  const attributes = /** @type {Record<string, unknown>} */ (span["attributes"] ?? {});
  const objects = [span["metadata"], whole, attributes["llm.invocation_parameters"]].map(parsed).filter((one) => typeof one === "object");
  /** @type {Record<string, unknown>} */
  const given = Object.assign({}, ...objects);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("gen_ai.request.")) {
      given[name.slice("gen_ai.request.".length)] = value;
    }
  }
  return given;
}

/** The schema that an answer had to follow: of Chat Completions, Responses, Messages, Gemini or Ollama. @param {Record<string, any>} given @returns {{schema: object | null, format: Record<string, unknown>}} */
function schemaOf(given) {
  const said = parsed(given["response_format"]) ?? given["text"]?.format ?? given["output_config"]?.format ?? given["output_format"];
  const { schema, type: _, ...format } = said?.json_schema ?? said ?? {};
  const config = given["generationConfig"] ?? given["config"] ?? {};
  const found = schema ?? config.responseJsonSchema ?? config.responseSchema ?? given["format"];
  // OpenAI's languages are strict only where they say so.
  const lax = given["response_format"] || given["text"]?.format ? { strict: false } : {};
  return typeof found === "object" && found !== null ? { schema: found, format: schema ? { ...lax, ...format } : {} } : { schema: null, format: {} };
}

/** @param {Span} span @param {Record<string, any>} found @param {boolean} withFormat whether the form of the answer is a setting like others @returns {Run} */
function runOf(span, found, withFormat) {
  /** @type {Record<string, string>} */
  const settings = {};
  for (const [name] of SETTINGS) {
    if (["string", "number"].includes(typeof found[name])) {
      settings[name] = String(found[name]).replace(/^"(.*)"$/, "$1");
    }
  }
  const others = Object.entries(found)
    .filter(([name]) => OTHERS.has(name) || (withFormat && name === "response_format"))
    .map(([name, value]) => [name === "stop_sequences" ? "stop" : name, typeof value === "string" ? literal(value) : value]);
  const asked = span["attributes"]?.["gen_ai.request.model"];
  return {
    model: typeof asked === "string" && asked ? asked : String(span["model"] ?? ""),
    settings,
    other: others.length ? JSON.stringify(Object.fromEntries(others), null, 2) : "",
    prompt: 0,
  };
}

/** A value that may be JSON in a text. @param {string} text */
function literal(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Definitions of tools, whoever wrote them, in OpenAI's form. @param {unknown} tools @returns {object[]} */
function toolsOf(tools) {
  return (Array.isArray(tools) ? tools : []).map((tool) => {
    const known = parsed(tool) ?? {};
    if (typeof known !== "object" || "function" in known) {
      return known;
    }
    const { name, description, parameters, input_schema } = /** @type {Record<string, any>} */ (known);
    return name ? { type: "function", function: { name, ...(description ? { description } : {}), parameters: parameters ?? input_schema ?? { type: "object" } } } : known;
  });
}

/** @param {Message[]} messages @returns {Draft[]} */
function drafts(messages) {
  let number = 0;
  /** Ids of calls whose result has not come. @type {string[]} */
  const open = [];
  return messages.flatMap((one) => {
    const calls = one.parts.flatMap((part) => (part.type === "call" ? [{ id: part.id || `call_${++number}`, name: part.name, arguments: part.input ?? {} }] : []));
    open.push(...calls.map((call) => call.id));
    const results = one.parts.flatMap((part) => {
      if (part.type !== "result") {
        return [];
      }
      const text = typeof part.content === "string" ? part.content : JSON.stringify(part.content);
      const callId = part.id || open.shift() || "";
      open.splice(0, open.indexOf(callId) + 1);
      return [/** @type {Draft} */ ({ role: "tool", parts: [{ type: "text", text: text ?? "" }], calls: "", callId })];
    });
    const parts = one.parts.flatMap(draftPart);
    if (results.length && !parts.length && !calls.length) {
      return results;
    }
    const role = one.role === "tool" ? "user" : one.role;
    return [...results, { role, parts: parts.length || calls.length ? parts : [{ type: "text", text: "" }], calls: calls.length ? JSON.stringify(calls, null, 2) : "", callId: "" }];
  });
}

/** @param {import("./messages.js").MessagePart} part @returns {DraftPart[]} */
function draftPart(part) {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "image":
      return [{ type: "image", url: part.source }];
    case "link":
      return [{ type: "image", url: part.address }];
    case "json":
      return [{ type: "raw", json: JSON.stringify(part.value, null, 2) }];
    default:
      return [];
  }
}

/** JSON in a field of the page. @param {string} text @param {string} field @returns {any} */
export function jsonIn(text, field) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FieldError(`${field} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} text @param {string} field @returns {any[]} */
function listIn(text, field) {
  const value = jsonIn(text, field);
  if (!Array.isArray(value)) {
    throw new FieldError(`${field} is not a list: write [ … ].`);
  }
  return value;
}

/** What is wrong in a field of JSON; empty when nothing is. @param {string} text @param {boolean} list */
export function fault(text, list) {
  if (!text.trim()) {
    return "";
  }
  try {
    list ? listIn(text, "This") : jsonIn(text, "This");
    return "";
  } catch (error) {
    return /** @type {Error} */ (error).message;
  }
}

/** A message in OpenAI's form. @param {Draft} one @param {number} i */
function written(one, i) {
  const parts = one.parts.map((part) =>
    part.type === "text" ? { type: "text", text: part.text } : part.type === "image" ? { type: "image_url", image_url: { url: part.url } } : jsonIn(part.json, `A part of message ${i + 1}`),
  );
  const plain = parts.every((part) => part.type === "text");
  const content = plain ? parts.map((part) => part.text).join("\n\n") : parts;
  if (one.role === "tool") {
    return { role: "tool", tool_call_id: one.callId, content };
  }
  if (one.role !== "assistant" || !one.calls.trim()) {
    return { role: one.role, content };
  }
  const calls = listIn(one.calls, `Calls of message ${i + 1}`).map((call) => ({
    id: String(call?.id ?? ""),
    type: "function",
    function: { name: String(call?.name ?? ""), arguments: typeof call?.arguments === "string" ? call.arguments : JSON.stringify(call?.arguments ?? {}) },
  }));
  return { role: "assistant", content: content.length ? content : null, tool_calls: calls };
}

/** The body of a request. @param {Prompt} prompt @param {Run} run @returns {Record<string, any>} */
export function bodyOf(prompt, run) {
  if (!run.model.trim()) {
    throw new FieldError("Choose a model.");
  }
  /** @type {Record<string, any>} */
  const body = { model: run.model.trim(), messages: prompt.messages.map(written), stream: true, stream_options: { include_usage: true } };
  for (const [name, label] of SETTINGS) {
    const text = run.settings[name]?.trim();
    if (text) {
      const number = Number(text);
      if (name !== "reasoning_effort" && Number.isNaN(number)) {
        throw new FieldError(`${label} is not a number.`);
      }
      body[name] = name === "reasoning_effort" ? text : number;
    }
  }
  if (prompt.tools.trim()) {
    body["tools"] = listIn(prompt.tools, "Tools");
  }
  if (prompt.schema.trim()) {
    body["response_format"] = { type: "json_schema", json_schema: { name: "answer", strict: true, ...prompt.format, schema: jsonIn(prompt.schema, "The schema") } };
  }
  return run.other.trim() ? { ...body, ...jsonIn(run.other, "Other settings") } : body;
}

/** @returns {Answer} */
export const newAnswer = () => ({
  state: "running", text: "", thinking: "", calls: [], first: null, total: null, input: null, output: null, cost: null,
  finish: "", target: "", ignored: "", trace: "", span: "", error: null,
});

/**
 * Asks, and fills the answer as it comes. What goes wrong is in the answer.
 * @param {Record<string, any>} body
 * @param {Answer} answer
 * @param {{signal: AbortSignal, session: string, changed: () => void}} options
 */
export async function ask(body, answer, options) {
  const start = performance.now();
  try {
    const response = await request("/v1/chat/completions", {
      method: "POST",
      body,
      signal: options.signal,
      headers: { "X-Backplane-Tags": "playground", "X-Backplane-Session": options.session },
    });
    const header = (/** @type {string} */ name) => response.headers.get(`X-Backplane-${name}`) ?? "";
    answer.trace = header("Trace");
    answer.span = header("Span");
    answer.target = header("Target");
    answer.ignored = header("Ignored");
    for await (const event of events(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
      if (event["error"]) {
        throw new ApiError(0, event["error"]);
      }
      if (take(event, answer) && answer.first === null) {
        answer.first = performance.now() - start;
      }
      options.changed();
    }
    answer.state = "done";
  } catch (error) {
    if (error instanceof ApiError) {
      answer.trace ||= error.trace;
      answer.span ||= error.span;
    }
    answer.state = options.signal.aborted ? "stopped" : "failed";
    answer.error = options.signal.aborted ? null : error;
  }
  answer.total = performance.now() - start;
  options.changed();
  await readCost(answer);
  options.changed();
}

/** The objects of a stream of events, which ends when its call is stored. @param {ReadableStream<Uint8Array>} stream @returns {AsyncGenerator<Record<string, any>>} */
async function* events(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let said = false;
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + decoder.decode(value ?? new Uint8Array(), { stream: !done })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const data = line.startsWith("data:") ? line.slice(5).trim() : "";
      said ||= data === "[DONE]";
      if (data && !said) {
        yield JSON.parse(data);
      }
    }
    if (done && said) {
      return;
    }
    if (done) {
      throw new ApiError(0, { message: "The answer broke off.", hint: "Its trace may say why." });
    }
  }
}

/** @param {Record<string, any>} event @param {Answer} answer @returns {boolean} whether it said something */
function take(event, answer) {
  const usage = event["usage"];
  if (usage) {
    answer.input = usage.prompt_tokens ?? null;
    answer.output = usage.completion_tokens ?? null;
  }
  const choice = event["choices"]?.[0];
  if (!choice) {
    return false;
  }
  const delta = choice.delta ?? {};
  answer.text += delta.content ?? delta.refusal ?? "";
  answer.thinking += delta.reasoning_content ?? delta.reasoning ?? "";
  for (const call of delta.tool_calls ?? []) {
    const known = (answer.calls[call.index ?? 0] ??= { id: "", name: "", input: "" });
    known.id ||= call.id ?? "";
    known.name += call.function?.name ?? "";
    known.input += call.function?.arguments ?? "";
  }
  answer.finish = choice.finish_reason ?? answer.finish;
  return !!(answer.text || answer.thinking || answer.calls.length);
}

/** What the span of the call adds up to; a key that may not read leaves it open. @param {Answer} answer */
async function readCost(answer) {
  for (const wait of !answer.trace ? [] : answer.state === "stopped" ? [300, 1500] : [0]) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const span = await json(`${spanPath(answer.trace, answer.span)}?payload_bytes=1`);
      answer.cost = span["cost"] ?? null;
      answer.input ??= span["input_tokens"] ?? null;
      answer.output ??= span["output_tokens"] ?? null;
      return;
    } catch (error) {
      // A call that was left is stored when the server notices.
      if (!(error instanceof ApiError) || error.status !== 404) {
        return;
      }
    }
  }
}

/** An answer as a message to go on from, and places for the results of its calls. @param {Answer} answer @returns {Draft[]} */
export function goingOn(answer) {
  const calls = answer.calls.map((call) => ({ id: call.id, name: call.name, arguments: parsed(call.input) }));
  return [
    { role: "assistant", parts: answer.text ? [{ type: "text", text: answer.text }] : [], calls: calls.length ? JSON.stringify(calls, null, 2) : "", callId: "" },
    ...(calls.length ? calls.map((call) => ({ ...draft("tool"), callId: call.id })) : [draft("user")]),
  ];
}
