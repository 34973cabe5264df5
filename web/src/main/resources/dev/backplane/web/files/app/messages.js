// Messages as the providers and conventions write them, in one form to show. What is not understood
// is kept and shown as JSON, never dropped.

/**
 * @typedef {{type: "text", text: string} | {type: "thinking", text: string}
 *   | {type: "image", source: string} | {type: "link", address: string, what: string}
 *   | {type: "call", id: string, name: string, input: unknown}
 *   | {type: "result", id: string, name: string, failed: boolean, content: unknown}
 *   | {type: "json", value: unknown}} MessagePart
 */

/**
 * @typedef {object} Message
 * @property {string} role system, user, assistant, tool, or as it was sent
 * @property {string} name
 * @property {MessagePart[]} parts
 */

const ROLES = /** @type {Record<string, string>} */ ({
  developer: "system",
  human: "user",
  ai: "assistant",
  model: "assistant",
  function: "tool",
});

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a payload is a list of messages. @param {unknown} value @returns {value is Record<string, any>[]} */
export const areMessages = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && isMessage(item));

/** @param {Record<string, any>} item */
const isMessage = (item) =>
  typeof item["role"] === "string" || ["function_call", "function_call_output", "reasoning", "message"].includes(item["type"]);

/** The messages in a payload, whatever wraps them; null when there are none. @param {unknown} value @returns {Message[] | null} */
export function messagesIn(value) {
  if (areMessages(value)) {
    return value.map(message);
  }
  if (!isObject(value)) {
    return null;
  }
  for (const member of ["messages", "input", "contents", "output"]) {
    if (areMessages(value[member])) {
      return value[member].map(message);
    }
  }
  if (Array.isArray(value["choices"]) && value["choices"].every((/** @type {any} */ choice) => isObject(choice?.["message"]))) {
    return value["choices"].map((/** @type {any} */ choice) => message(choice["message"]));
  }
  return typeof value["role"] === "string" && ("content" in value || "parts" in value || "tool_calls" in value) ? [message(value)] : null;
}

/** @param {Record<string, any>} item @returns {Message} */
export function message(item) {
  const sent = typeof item["role"] === "string" ? item["role"] : item["type"] === "function_call_output" ? "tool" : "assistant";
  const role = ROLES[sent] ?? sent;
  /** @type {MessagePart[]} */
  const parts = [];
  for (const field of ["reasoning_content", "reasoning", "thinking"]) {
    if (typeof item[field] === "string" && item[field]) {
      parts.push({ type: "thinking", text: item[field] });
    }
  }
  if (item["type"] === "function_call") {
    parts.push({ type: "call", id: String(item["call_id"] ?? ""), name: String(item["name"] ?? ""), input: parsed(item["arguments"]) });
  } else if (item["type"] === "function_call_output") {
    parts.push({ type: "result", id: String(item["call_id"] ?? ""), name: "", failed: false, content: parsed(item["output"]) });
  } else if (item["type"] === "reasoning") {
    parts.push(...list(item["summary"]).map((part) => /** @type {MessagePart} */ ({ type: "thinking", text: String(part?.["text"] ?? "") })));
  } else if (role === "tool" && ("tool_call_id" in item || typeof item["content"] === "string")) {
    parts.push({ type: "result", id: String(item["tool_call_id"] ?? ""), name: String(item["name"] ?? ""), failed: false, content: parsed(item["content"]) });
  } else {
    parts.push(...content(item["content"] ?? item["parts"]));
  }
  for (const call of list(item["tool_calls"])) {
    const inner = isObject(call?.["function"]) ? call["function"] : (call ?? {});
    parts.push({ type: "call", id: String(call?.["id"] ?? ""), name: String(inner["name"] ?? ""), input: parsed(inner["arguments"] ?? inner["args"]) });
  }
  if (isObject(item["function_call"])) {
    parts.push({ type: "call", id: "", name: String(item["function_call"]["name"] ?? ""), input: parsed(item["function_call"]["arguments"]) });
  }
  if (typeof item["refusal"] === "string" && item["refusal"]) {
    parts.push({ type: "text", text: item["refusal"] });
  }
  return { role, name: typeof item["name"] === "string" && role !== "tool" ? item["name"] : "", parts };
}

/** @param {unknown} value @returns {any[]} */
const list = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} value @returns {MessagePart[]} */
function content(value) {
  if (value === null || value === undefined || value === "") {
    return [];
  }
  if (typeof value === "string") {
    return [{ type: "text", text: value }];
  }
  return Array.isArray(value) ? value.flatMap(part) : [{ type: "json", value }];
}

/** One block of a content. @param {any} block @returns {MessagePart[]} */
function part(block) {
  if (typeof block === "string") {
    return [{ type: "text", text: block }];
  }
  if (!isObject(block)) {
    return [{ type: "json", value: block }];
  }
  const text = block["text"] ?? (typeof block["content"] === "string" ? block["content"] : undefined);
  switch (block["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return [{ type: "text", text: String(text ?? "") }];
    case "thinking":
    case "reasoning":
      return [{ type: "thinking", text: String(block["thinking"] ?? text ?? "") }];
    case "tool_use":
      return [{ type: "call", id: String(block["id"] ?? ""), name: String(block["name"] ?? ""), input: block["input"] }];
    case "tool_call":
      return [{ type: "call", id: String(block["id"] ?? ""), name: String(block["name"] ?? ""), input: parsed(block["arguments"]) }];
    case "tool_result":
      return [{ type: "result", id: String(block["tool_use_id"] ?? ""), name: "", failed: block["is_error"] === true, content: flatResult(block["content"]) }];
    case "tool_call_response":
      return [{ type: "result", id: String(block["id"] ?? ""), name: "", failed: false, content: parsed(block["response"] ?? block["result"]) }];
    case "image_url":
    case "input_image":
      return image(typeof block["image_url"] === "string" ? block["image_url"] : block["image_url"]?.["url"], block);
    case "image":
      return image(imageSource(block["source"] ?? block), block);
    default:
      break;
  }
  if (typeof block["text"] === "string") {
    return [{ type: block["thought"] === true ? "thinking" : "text", text: block["text"] }];
  }
  if (isObject(block["functionCall"])) {
    return [{ type: "call", id: "", name: String(block["functionCall"]["name"] ?? ""), input: block["functionCall"]["args"] }];
  }
  if (isObject(block["functionResponse"])) {
    return [{ type: "result", id: "", name: String(block["functionResponse"]["name"] ?? ""), failed: false, content: block["functionResponse"]["response"] }];
  }
  if (isObject(block["inlineData"])) {
    return image(`data:${block["inlineData"]["mimeType"]};base64,${block["inlineData"]["data"]}`, block);
  }
  return [{ type: "json", value: block }];
}

/** @param {any} source */
const imageSource = (source) =>
  source?.["type"] === "base64" || source?.["data"] ? `data:${source["media_type"] ?? source["mime_type"] ?? "image/png"};base64,${source["data"]}` : source?.["url"];

/** Whether an address holds an image itself, of a kind that browsers only draw. @param {string} address */
export const messageImage = (address) => /^data:image\/(png|jpe?g|gif|webp|avif|bmp);base64,[A-Za-z0-9+/=\s]+$/i.test(address);

/** Images that came along are shown; those elsewhere are only named, because looking would tell. @param {unknown} source @param {unknown} block @returns {MessagePart[]} */
function image(source, block) {
  if (typeof source !== "string") {
    return [{ type: "json", value: block }];
  }
  if (messageImage(source)) {
    return [{ type: "image", source }];
  }
  return /^https?:\/\//i.test(source) ? [{ type: "link", address: source, what: "Image" }] : [{ type: "json", value: block }];
}

/** Results are often one text in a list. @param {unknown} value */
function flatResult(value) {
  const blocks = list(value);
  return blocks.length === 1 && typeof blocks[0]?.["text"] === "string" ? parsed(blocks[0]["text"]) : parsed(value);
}

/** JSON in a text is shown as what it holds. @param {unknown} value @returns {unknown} */
export function parsed(value) {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What makes two messages say the same, whatever members a provider adds. @param {Message} item */
export const sameness = (item) => JSON.stringify([item.role, item.parts.map((p) => (p.type === "call" ? [p.name, p.input] : p))]);

/** All of a message as plain text, to copy. @param {Message} item */
export const plain = (item) =>
  item.parts
    .map((p) => {
      switch (p.type) {
        case "text":
        case "thinking":
          return p.text;
        case "image":
          return "[image]";
        case "link":
          return p.address;
        case "call":
          return `${p.name}(${JSON.stringify(p.input, null, 2) ?? ""})`;
        case "result":
          return typeof p.content === "string" ? p.content : JSON.stringify(p.content, null, 2);
        case "json":
          return JSON.stringify(p.value, null, 2);
      }
    })
    .join("\n\n");
