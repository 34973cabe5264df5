package dev.backplane.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.server.TestServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// JavaScript's client libraries in Node. A script runs its cases against every provider; a result
/// is what the library made of the answer, so the tests read as the library's users would.
@Timeout(240)
class JavaScriptClientsTest {
    private static final List<String> PROVIDERS = List.of("on-openai", "on-anthropic", "on-gemini");
    private static final String WEATHER = "{'city':'Oslo','days':21}";
    private static final String CITY = "{'name':'Oslo','people':21}";
    private static final String SUN = "'tools say sun in Oslo'";

    private static NodeProject node;

    @TempDir Path data;
    private ModelServer server;

    @BeforeAll
    static void install() throws Exception {
        node = NodeProject.installed();
    }

    @BeforeEach
    void start() throws Exception {
        server = new ModelServer(data);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private JsonNode run(String script, List<String> models) throws Exception {
        return node.run(
                script,
                Map.of(
                        "BACKPLANE_URL", server.root(),
                        "BACKPLANE_KEY", ModelServer.KEY,
                        "MODELS", String.join(",", models)));
    }

    /// What a script found, by provider and case.
    private record Found(JsonNode cases, String model) {
        /// @param json with single quotes
        void has(String name, String json) {
            assertThat(cases.path(name).toString())
                    .as("%s with %s", name, model)
                    .isEqualTo(json.replace('\'', '"'));
        }

        /// The same for each library that a case was run with.
        void each(String name, List<String> libraries, String json) {
            JsonNode all = cases.path(name);
            Found found = new Found(all, name + " with " + model);
            assertThat(all.propertyNames()).containsAll(libraries);
            libraries.forEach(library -> found.has(library, json));
        }

        void threw(String name, String error, int status, String message) {
            JsonNode found = cases.path(name);
            assertThat(found.path("thrown").asString(""))
                    .as("%s with %s: %s", name, model, found)
                    .isEqualTo(error);
            assertThat(found.path("status").asInt(0)).as("%s: %s", name, found).isEqualTo(status);
            assertThat(found.path("message").asString("")).contains(message);
        }
    }

    private List<Found> found(String script) throws Exception {
        JsonNode results = run(script, PROVIDERS);
        return PROVIDERS.stream().map(model -> new Found(results.path(model), model)).toList();
    }

    private void everyStreamWasLeft(int streams) throws InterruptedException {
        for (int i = 0; i < streams; i++) {
            assertThat(server.model.wasLeft()).as("stream %d was left", i).isTrue();
        }
    }

    @Test
    void openai() throws Exception {
        for (Found it : found("openai.mjs")) {
            it.has("chat", "['you said hi','stop',13]");
            it.has("stream", "[true,'you said hi','stop',13]");
            it.has("tools", "[[" + WEATHER + "]," + SUN + "]");
            it.has("streamedTools", "[[" + WEATHER + "]," + SUN + "]");
            it.has("structured", CITY);
            it.has("image", "'I see image/png'");
            it.has(
                    "responses",
                    "['{\\'city\\':\\'Oslo\\'}','tools say sun','tools say sun',"
                            + "['message','function_call','function_call_output'],404]");
            it.has(
                    "streamedResponse",
                    "['response.created','response.completed',['reasoning','message'],"
                            + "'you said think',false]");
            it.has("backgroundResponse", "['queued','completed','you said hi']");
            it.has("backgroundStream", "['response.queued',true,true,'you said hi']");
            it.has("conversation", "['you said well?',['user','user','assistant'],2,'b',404]");
            it.has("structuredResponse", CITY);
            it.has("imageInResponse", "'I see image/png'");
            it.has(
                    "agentTools",
                    "[[['function_call','team','weather','{\\'city\\':\\'Oslo\\'}'],"
                            + "['custom_tool_call',null,'apply_patch','Oslo']],"
                            + "['namespace','custom']]");
            it.has("abort", "true");
            it.has("models", "[['on-openai','on-anthropic','on-gemini'],'model']");
            it.threw("wrongKey", "AuthenticationError", 401, "key is not known");
            it.threw("unknownModel", "NotFoundError", 404, "'nobody' is not configured");
            it.threw("badRequest", "BadRequestError", 400, "temperature is a string");
            it.threw("refused", "RateLimitError", 429, "told to fail with 429");
            it.threw("refusedStream", "BadRequestError", 400, "told to fail with 400");
        }
        everyStreamWasLeft(3);
    }

    @Test
    void embeddings() throws Exception {
        JsonNode results = run("embeddings.mjs", List.of("on-openai"));

        Found it = new Found(results.path("on-openai"), "on-openai");
        it.has("openai", "[[0,-0.5],[1,-0.5]]");
        it.has("openaiFloats", "[[0,-0.5]]");
        it.has("ollama", "[[0,-0.5],[1,-0.5]]");
        it.has("vercel", "[0,-0.5]");
        it.has("compatible", "[[0,-0.5],[1,-0.5]]");
    }

    @Test
    void files() throws Exception {
        JsonNode results = run("files.mjs", List.of("on-openai"));

        Found it = new Found(results.path("on-openai"), "on-openai");
        it.has("file", "['ä b.jsonl',8000,3600,true,[true],true]");
        it.has(
                "batch",
                "['completed',{'total':2,'completed':2,'failed':0},"
                        + "['a you said one','b you said two'],[true]]");
        it.threw("missing", "NotFoundError", 404, "no file of this id");
    }

    @Test
    void anthropic() throws Exception {
        for (Found it : found("anthropic.mjs")) {
            it.has("message", "['you said hi','end_turn',9,4]");
            it.has("stream", "[true,'you said hi','end_turn',4]");
            it.has("thinking", "[['thinking','Let me see.'],['text','you said think']]");
            it.has("tools", "[[" + WEATHER + "]," + SUN + "]");
            it.has("streamedTools", "[[" + WEATHER + "]," + SUN + "]");
            it.has("structured", CITY);
            it.has("image", "'I see image/png'");
            it.threw("abort", "APIUserAbortError", 0, "aborted");
            it.has("models", "[['on-openai','on-anthropic','on-gemini'],'model']");
            if (it.model().equals("on-anthropic")) {
                it.has("countTokens", "{'input_tokens':7}");
            } else {
                it.threw("countTokens", "NotImplementedError", 501, "tokens cannot be counted");
            }
            it.threw("wrongKey", "AuthenticationError", 401, "key is not known");
            it.threw("unknownModel", "NotFoundError", 404, "'nobody' is not configured");
            it.threw("unknownModelInBeta", "NotFoundError", 404, "'nobody' is not configured");
            it.threw("badRequest", "BadRequestError", 400, "temperature is a string");
            it.threw("refused", "RateLimitError", 429, "told to fail with 429");
            it.threw("refusedStream", "BadRequestError", 400, "told to fail with 400");
        }
        everyStreamWasLeft(3);
    }

    @Test
    void ollama() throws Exception {
        for (Found it : found("ollama.mjs")) {
            it.has("chat", "['you said hi','stop',9,4]");
            it.has("stream", "[true,'you said hi',true,4]");
            it.has("thinking", "['Let me see.','you said think']");
            it.has("tools", "[{'city':'Oslo'}," + SUN + "]");
            it.has("streamedTools", "[{'city':'Oslo'}]");
            it.has("structured", CITY);
            it.has("image", "'I see image/png'");
            it.threw("abort", "DOMException", 0, "aborted");
            it.has("models", "[['on-openai','on-anthropic','on-gemini'],true,[]]");
            assertThat(it.cases().path("version").asString()).matches("\\d+\\.\\d+\\.\\d+");
            it.threw("wrongKey", "ResponseError", 401, "key is not known");
            it.threw("unknownModel", "ResponseError", 404, "'nobody' is not configured");
            it.threw("refused", "ResponseError", 429, "told to fail with 429");
            it.threw("refusedStream", "ResponseError", 400, "told to fail with 400");
            it.threw("pull", "ResponseError", 403, "key has no scope admin");
        }
        everyStreamWasLeft(3);
    }

    @Test
    void ollamaLibrary(@TempDir Path place) throws Exception {
        try (ModelRegistry registry = new ModelRegistry(place);
                TestServer library = new TestServer(place.resolve("data"), registry.config())) {
            JsonNode results =
                    node.run(
                            "library.mjs",
                            Map.of(
                                    "BACKPLANE_URL",
                                    "http://127.0.0.1:" + library.backplane.port(),
                                    "BACKPLANE_KEY",
                                    ModelServer.KEY,
                                    "MODELS",
                                    registry.name()));
            Found it = new Found(results.path(registry.name()), registry.name());
            it.has(
                    "pull",
                    "['pulling manifest','verifying sha256 digest','writing manifest',"
                            + "'success',true]");
            it.has("pullWhole", "'success'");
            it.has("list", "[['" + registry.name() + "'],true,'llama']");
            it.has("show", "['llama',['completion','tools','thinking'],'mit']");
            it.has("chat", "[true,true]");
            it.has("copy", "[2,'success',true]");
            it.has("create", "['success','Speak like a pirate.',true]");
            it.has("remove", "[]");
            it.threw("unknown", "ResponseError", 404, "no such model");
            it.threw("elsewhere", "ResponseError", 403, "no models are exchanged with host");
        }
    }

    @Test
    void vercel() throws Exception {
        List<String> all = List.of("responses", "chat", "anthropic", "compatible");
        for (Found it : found("vercel.mjs")) {
            it.each("text", all, "['you said hi','stop',9,4]");
            it.each("stream", all, "[true,'you said hi','stop',4]");
            it.each(
                    "thinking",
                    List.of("responses", "anthropic", "compatible"),
                    "['Let me see.','you said think']");
            it.each("tools", all, "[[" + WEATHER + "]," + SUN + ",2]");
            it.each("streamedTools", all, "[[" + WEATHER + "]," + SUN + "]");
            it.each("structured", all, CITY);
            it.each("structuredStream", all, CITY);
            it.each("object", all, CITY);
            it.each("image", all, "'I see image/png'");
            it.each("abort", all, "'abort'");
            for (String library : all) {
                Found one = new Found(it.cases().path("wrongKey"), it.model());
                one.threw(library, "APICallError", 401, "key is not known");
                one = new Found(it.cases().path("refused"), it.model());
                one.threw(library, "APICallError", 400, "told to fail with 400");
                one = new Found(it.cases().path("limited"), it.model());
                one.threw(library, "APICallError", 429, "told to fail with 429");
                one = new Found(it.cases().path("unknownModel"), it.model());
                one.threw(library, "APICallError", 404, "'nobody' is not configured");
            }
        }
        everyStreamWasLeft(3 * all.size());
    }
}
