// What the scripts share: they run cases against each model that the test names, and print what
// came of them as one JSON object, {"MODEL": {"CASE": RESULT}}.

import { z } from "zod";

/** Where the server is. */
export const root = process.env.BACKPLANE_URL;
export const key = process.env.BACKPLANE_KEY;

/** A picture of one red dot. */
export const picture =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/** What an answer in a form is to have. */
export const City = z.object({ name: z.string(), people: z.number().int() });

/**
 * @param {Record<string, (model: string) => Promise<unknown>>} cases
 * A case that throws has a result that says what was thrown.
 */
export async function run(cases) {
  const results = {};
  let running = "";
  // Node ends by itself when nothing can happen any more, whatever is awaited.
  process.on("exit", () => {
    if (running !== "") {
      console.error(`${running} never ended`);
    }
  });
  for (const model of process.env.MODELS.split(",")) {
    results[model] = {};
    for (const [name, body] of Object.entries(cases)) {
      running = `${name} with ${model}`;
      results[model][name] = await body(model).catch(thrown);
    }
  }
  running = "";
  process.stdout.write(JSON.stringify(results));
}

/** The class of an error, and the status that it carries. */
export function thrown(error) {
  return {
    thrown: error.constructor.name,
    status: error.status ?? error.statusCode ?? error.status_code,
    message: error.message ?? error.error,
  };
}

/** Elements of a stream. */
export async function all(stream) {
  const elements = [];
  for await (const element of stream) {
    elements.push(element);
  }
  return elements;
}
