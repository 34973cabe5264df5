// Every library that makes vectors; the model makes as many as it is asked for.

import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, embedMany } from "ai";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { key, root, run } from "./cases.mjs";

const baseURL = `${root}/v1`;
const openai = new OpenAI({ baseURL, apiKey: key });
const ollama = new Ollama({ host: root, headers: { Authorization: `Bearer ${key}` } });
const vercel = createOpenAI({ baseURL, apiKey: key });
const compatible = createOpenAICompatible({ name: "backplane", baseURL, apiKey: key });

await run({
  // Asks for base64 unless told otherwise, and decodes it.
  async openai(model) {
    const answer = await openai.embeddings.create({ model, input: ["a", "b"] });
    return answer.data.map((vector) => [...vector.embedding]);
  },

  async openaiFloats(model) {
    const answer = await openai.embeddings.create({ model, input: "a", encoding_format: "float" });
    return answer.data.map((vector) => vector.embedding);
  },

  async ollama(model) {
    return (await ollama.embed({ model, input: ["a", "b"] })).embeddings;
  },

  async vercel(model) {
    return (await embed({ model: vercel.embeddingModel(model), value: "a" })).embedding;
  },

  async compatible(model) {
    return (await embedMany({ model: compatible.embeddingModel(model), values: ["a", "b"] })).embeddings;
  },
});
