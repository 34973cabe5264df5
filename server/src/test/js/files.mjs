import OpenAI, { toFile } from "openai";
import { key, root, run } from "./cases.mjs";

const client = new OpenAI({ baseURL: `${root}/v1`, apiKey: key, maxRetries: 0 });

await run({
  async file() {
    const text = "grüezi\n".repeat(1000);
    const file = await client.files.create({
      file: await toFile(Buffer.from(text), "ä b.jsonl"),
      purpose: "batch",
      expires_after: { anchor: "created_at", seconds: 3600 },
    });
    const same = await (await client.files.content(file.id)).text();
    const listed = [];
    for await (const one of client.files.list({ purpose: "batch", limit: 1 })) {
      listed.push(one.id === file.id);
    }
    const known = await client.files.retrieve(file.id);
    const deleted = await client.files.delete(file.id);
    return [known.filename, known.bytes, known.expires_at - known.created_at, same === text, listed, deleted.deleted];
  },

  async missing() {
    return client.files.retrieve("file-0");
  },
});
