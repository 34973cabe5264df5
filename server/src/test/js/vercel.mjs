// Vercel's AI SDK with each of its providers that can be pointed here.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { all, City, key, picture, root, run, thrown } from "./cases.mjs";

const baseURL = `${root}/v1`;

/** Models of all providers, by a name for each. */
const providers = (apiKey) => {
  const openai = createOpenAI({ baseURL, apiKey });
  const compatible = createOpenAICompatible({
    name: "backplane",
    baseURL,
    apiKey,
    supportsStructuredOutputs: true,
    includeUsage: true,
  });
  return {
    responses: (model) => openai.responses(model),
    chat: (model) => openai.chat(model),
    anthropic: createAnthropic({ baseURL, apiKey }),
    compatible: (model) => compatible(model),
  };
};

/** The same case with each provider. */
const each = (body, apiKey = key) => async (name) => {
  const results = {};
  for (const [provider, create] of Object.entries(providers(apiKey))) {
    results[provider] = await body(create(name)).catch(thrown);
  }
  return results;
};

const weather = (asked) => ({
  weather: tool({
    description: "Tells the weather.",
    inputSchema: z.object({ city: z.string(), days: z.number().int() }),
    execute: async (input) => {
      asked.push(input);
      return `sun in ${input.city}`;
    },
  }),
});

await run({
  text: each(async (model) => {
    const answer = await generateText({ model, prompt: "hi", system: "be short", maxRetries: 0 });
    return [answer.text, answer.finishReason, answer.usage.inputTokens, answer.usage.outputTokens];
  }),

  stream: each(async (model) => {
    const answer = streamText({ model, prompt: "hi", maxRetries: 0 });
    const pieces = await all(answer.textStream);
    return [pieces.length > 1, pieces.join(""), await answer.finishReason, (await answer.usage).outputTokens];
  }),

  thinking: each(async (model) => {
    // Responses show thoughts to who asks for summaries of them.
    const providerOptions = { openai: { reasoningSummary: "auto", forceReasoning: true } };
    const answer = streamText({ model, prompt: "think", maxRetries: 0, providerOptions });
    return [await answer.reasoningText, await answer.text];
  }),

  tools: each(async (model) => {
    const asked = [];
    const tools = weather(asked);
    const answer = await generateText({ model, prompt: "weather?", tools, stopWhen: stepCountIs(3) });
    return [asked, answer.text, answer.steps.length];
  }),

  streamedTools: each(async (model) => {
    const asked = [];
    const tools = weather(asked);
    const answer = streamText({ model, prompt: "weather?", tools, stopWhen: stepCountIs(3) });
    return [asked, await answer.text];
  }),

  structured: each(async (model) => {
    const output = Output.object({ schema: City });
    return (await generateText({ model, prompt: "a city", output })).output;
  }),

  structuredStream: each(async (model) => {
    const output = Output.object({ schema: City });
    return await streamText({ model, prompt: "a city", output }).output;
  }),

  object: each(async (model) => {
    return (await generateObject({ model, prompt: "a city", schema: City })).object;
  }),

  image: each(async (model) => {
    const content = [
      { type: "text", text: "what is it?" },
      { type: "image", image: Buffer.from(picture, "base64"), mediaType: "image/png" },
    ];
    return (await generateText({ model, messages: [{ role: "user", content }] })).text;
  }),

  abort: each(async (model) => {
    const controller = new AbortController();
    const answer = streamText({ model, prompt: "stall", abortSignal: controller.signal });
    const kinds = [];
    for await (const part of answer.fullStream) {
      kinds.push(part.type);
      if (part.type === "text-delta") {
        controller.abort();
      }
    }
    return kinds.at(-1);
  }),

  wrongKey: each((model) => generateText({ model, prompt: "hi" }), "wrong"),
  refused: each((model) => generateText({ model, prompt: "fail 400", maxRetries: 0 })),
  limited: each(async (model) => {
    // A target that fails too often in a row is left alone for a while.
    await generateText({ model, prompt: "hi" });
    return generateText({ model, prompt: "fail 429", maxRetries: 0 });
  }),
  unknownModel: async () => each((model) => generateText({ model, prompt: "hi" }))("nobody"),
});
