package dev.backplane.bench.runs;

import dev.backplane.bench.runs.AgentSpan.AgentTurn;
import dev.backplane.bench.runs.AgentSpan.Embedding;
import dev.backplane.bench.runs.AgentSpan.Retrieval;
import dev.backplane.bench.runs.AgentSpan.Step;
import dev.backplane.bench.runs.Lane.Model;
import dev.backplane.bench.runs.Message.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What each [Profile] does, call by call. What all runs of a profile share (policies, tools, the
/// documentation) depends on the seed alone, as it would in a deployment.
final class Scripts {
    private static final Grammar ENGLISH = Grammar.ENGLISH;
    private static final int HELP_ARTICLES = 400;
    private static final List<String> AIRLINE_TOOLS =
            List.of(
                    "get_user_details",
                    "get_reservation_details",
                    "search_direct_flight",
                    "search_onestop_flight",
                    "book_reservation",
                    "cancel_reservation",
                    "update_reservation_flights",
                    "update_reservation_baggages",
                    "send_certificate",
                    "transfer_to_human_agents");
    private static final List<String> CODING_TOOLS =
            List.of("read_file", "edit_file", "run_tests", "search_code", "list_files", "shell");
    private static final List<String> RESEARCH_TOOLS =
            List.of("web_search", "fetch_page", "start_research", "write_report");
    private static final List<String> ASSISTANT_TOOLS =
            List.of("calendar", "mail", "notes", "web_search", "reminders", "files");

    private final double scale;
    private final String airlinePolicy;
    private final String codingRules;
    private final String researchRules;
    private final String assistantRules;
    private final List<String> helpArticles = new ArrayList<>();
    private final Model airlineModel;
    private final Model helpModel;
    private final Model codingModel;
    private final Model leadModel;
    private final Model searchModel;
    private final Model assistantModel;
    private final Model intakeModel;

    Scripts(long seed, double scale) {
        this.scale = scale;
        Dice dice = Dice.of(seed, -1, 0);
        airlinePolicy = Documents.policy("Airline Agent Policy", "air_rule", 5_900, dice);
        codingRules = Documents.policy("Rules for working on code", "sentence", 7_000, dice);
        researchRules = Documents.policy("Research instructions", "sentence", 3_000, dice);
        assistantRules = Documents.policy("Personal assistant", "sentence", 4_000, dice);
        for (int i = 0; i < HELP_ARTICLES; i++) {
            helpArticles.add(Documents.helpArticle(dice, dice.between(600, 1_800)));
        }
        airlineModel = model("openai", "gpt-4o", AIRLINE_TOOLS);
        helpModel = model("openai", "gpt-4o-mini", List.of());
        codingModel = model("anthropic", "claude-sonnet-4-5", CODING_TOOLS);
        leadModel = model("anthropic", "claude-opus-4-1", RESEARCH_TOOLS);
        searchModel = model("anthropic", "claude-haiku-4-5", RESEARCH_TOOLS.subList(0, 2));
        assistantModel = model("gcp.gemini", "gemini-2.5-pro", ASSISTANT_TOOLS);
        intakeModel = model("gcp.gemini", "gemini-2.5-flash", List.of());
    }

    private static Model model(String provider, String name, List<String> tools) {
        return new Model(provider, name, tools.isEmpty() ? "" : Documents.toolDefinitions(tools));
    }

    /// The finished root lane.
    Lane write(Profile profile, Dice dice) {
        return switch (profile) {
            case AIRLINE -> airline(dice);
            case RAG -> rag(dice);
            case RESEARCH -> research(dice);
            case CODING -> coding(dice, scaled(150), 8_000);
            case ASSISTANT -> assistant(dice, scaled(400));
            case HEAVY -> heavy(dice);
            case LOAD -> coding(dice, 40, 4_000);
        };
    }

    private int scaled(int full) {
        return Math.max(4, (int) (full * scale));
    }

    private Lane airline(Dice dice) {
        Lane lane = Lane.root(dice, airlineModel);
        lane.say(Message.system(airlinePolicy));
        String opening = ENGLISH.text("air_open", dice);
        lane.say(Message.user(opening));
        String last = "";
        for (int turn = dice.between(4, 9); turn > 0; turn--) {
            int tools = dice.below(3);
            for (int i = 0; i < tools; i++) {
                airlineTool(lane, dice);
            }
            last = ENGLISH.text("air_agent", dice);
            lane.answer(Message.assistant(last));
            lane.waitMillis(dice.lognormal(9_000, 0.8));
            if (turn > 1) {
                lane.say(Message.user(ENGLISH.text("air_user", dice)));
            }
        }
        lane.end(
                "invoke_agent airline-support",
                new AgentTurn("airline-support", opening, last),
                Optional.empty());
        return lane;
    }

    private static void airlineTool(Lane lane, Dice dice) {
        String tool = AIRLINE_TOOLS.get(dice.zipf(AIRLINE_TOOLS.size()));
        String callId = lane.newCallId();
        String user = ENGLISH.text("user_id", dice);
        String reservation = ENGLISH.text("reservation", dice);
        String arguments =
                switch (tool) {
                    case "get_user_details" -> "{\"user_id\":\"" + user + "\"}";
                    case "search_direct_flight", "search_onestop_flight" ->
                            Documents.object(
                                    dice,
                                    "origin",
                                    "airport",
                                    "destination",
                                    "airport",
                                    "date",
                                    "date");
                    case "transfer_to_human_agents" ->
                            Documents.object(dice, "summary", "air_goal");
                    default -> "{\"reservation_id\":\"" + reservation + "\"}";
                };
        lane.answer(Message.assistant(List.of(new Part.ToolCall(callId, tool, arguments))));
        if (dice.chance(0.03)) {
            lane.failingTool(tool, callId, arguments);
            return;
        }
        String result =
                switch (tool) {
                    case "get_user_details" -> Documents.userProfile(user, dice);
                    case "search_direct_flight" -> Documents.flights(dice, dice.below(5));
                    case "search_onestop_flight" -> Documents.flights(dice, dice.between(2, 20));
                    case "send_certificate", "transfer_to_human_agents" -> "Transfer successful";
                    default -> Documents.reservation(reservation, dice);
                };
        lane.tool(tool, callId, arguments, result, 180);
    }

    private Lane rag(Dice dice) {
        Lane lane = Lane.root(dice, helpModel);
        String question = ENGLISH.text("help_question", dice);
        int tokens = question.length() / 4;
        lane.step(
                "embeddings text-embedding-3-small",
                new Embedding("text-embedding-3-small", question, tokens),
                60);
        StringBuilder documents = new StringBuilder("[");
        StringBuilder context = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            int article = dice.zipf(HELP_ARTICLES);
            documents.append(i == 0 ? "{\"id\":\"help-" : ",{\"id\":\"help-").append(article);
            documents.append("\",\"score\":0.").append(9_000 - i * dice.between(100, 900));
            documents.append(",\"content\":");
            JsonString.append(documents, helpArticles.get(article)).append('}');
            context.append("[").append(article).append("] ");
            context.append(helpArticles.get(article)).append("\n\n");
        }
        lane.step(
                "retrieval help-center",
                new Retrieval("help-center", question, documents.append(']').toString()),
                45);
        lane.step("rerank", new Step(question, "6 of 6 documents kept"), 90);
        lane.say(
                Message.system(
                        "Answer from the documents only and name the ids that you used. If they"
                                + " do not contain the answer, say so."));
        lane.say(Message.user("Documents:\n\n" + context + "Question: " + question));
        String answer = ENGLISH.texts("help_step", dice.between(150, 700), " ", dice);
        lane.answer(Message.assistant(answer));
        if (dice.chance(0.2)) {
            lane.say(Message.user(ENGLISH.text("help_question", dice)));
            lane.answer(Message.assistant(ENGLISH.texts("help_step", 300, " ", dice)));
        }
        lane.end("chain help-center", new Step(question, answer), Optional.empty());
        return lane;
    }

    private Lane research(Dice dice) {
        Lane lane = Lane.root(dice, leadModel);
        String question = ENGLISH.text("question", dice);
        lane.say(Message.system(researchRules));
        lane.say(Message.user(question));
        List<Part> calls = new ArrayList<>();
        calls.add(new Part.Reasoning(ENGLISH.texts("plan", 400, " ", dice)));
        List<Part.ToolCall> starts = new ArrayList<>();
        for (int agents = dice.between(2, 5); agents > 0; agents--) {
            String arguments = Documents.object(dice, "question", "question");
            starts.add(new Part.ToolCall(lane.newCallId(), "start_research", arguments));
        }
        calls.addAll(starts);
        lane.answer(Message.assistant(calls));
        long done = lane.now();
        List<Message> findings = new ArrayList<>();
        for (Part.ToolCall start : starts) {
            Lane child = lane.child(searchModel);
            String finding = investigate(child, start.arguments(), dice);
            findings.add(Message.toolResult(start.id(), finding));
            done = Math.max(done, child.now());
        }
        findings.forEach(lane::say);
        lane.waitUntil(done);
        String report = Documents.page(dice.between(3_000, 9_000), dice);
        lane.answer(Message.assistant(report));
        lane.end(
                "invoke_agent deep-research",
                new AgentTurn("deep-research", question, report),
                Optional.empty());
        return lane;
    }

    /// A sub-agent: rounds of parallel searches and page fetches, then what it found.
    private String investigate(Lane lane, String task, Dice dice) {
        lane.say(Message.system(researchRules));
        lane.say(Message.user(task));
        for (int round = dice.between(2, 5); round > 0; round--) {
            List<Part> parts = new ArrayList<>();
            parts.add(new Part.Text(ENGLISH.text("plan", dice)));
            List<Part.ToolCall> calls = new ArrayList<>();
            for (int parallel = dice.between(1, 4); parallel > 0; parallel--) {
                String tool = RESEARCH_TOOLS.get(dice.below(2));
                String arguments = Documents.object(dice, "query", "topic");
                calls.add(new Part.ToolCall(lane.newCallId(), tool, arguments));
            }
            parts.addAll(calls);
            lane.answer(Message.assistant(parts));
            for (Part.ToolCall call : calls) {
                if (dice.chance(0.06)) {
                    lane.failingTool(call.tool(), call.id(), call.arguments());
                } else {
                    boolean page = call.tool().equals("fetch_page");
                    String result =
                            page
                                    ? Documents.page((int) dice.pareto(2_500, 60_000, 1.3), dice)
                                    : Documents.searchResults(dice, dice.between(3, 10));
                    lane.tool(call.tool(), call.id(), call.arguments(), result, 900);
                }
            }
        }
        String finding = ENGLISH.texts("sentence", dice.between(600, 2_000), " ", dice);
        lane.answer(Message.assistant(finding));
        lane.end(
                "invoke_agent researcher",
                new AgentTurn("researcher", task, finding),
                Optional.empty());
        return finding;
    }

    private Lane coding(Dice dice, int turns, int resultLength) {
        Lane lane = Lane.root(dice, codingModel);
        Workspace workspace = new Workspace(12, resultLength, dice);
        String task = ENGLISH.text("task", dice);
        lane.say(Message.system(codingRules));
        lane.say(Message.user(task));
        for (int turn = 1; turn < turns; turn++) {
            codingTurn(lane, workspace, resultLength, dice);
        }
        String answer = ENGLISH.texts("thought", 500, " ", dice);
        lane.answer(Message.assistant(answer));
        boolean failed = dice.chance(0.08);
        lane.end(
                "invoke_agent code-agent",
                new AgentTurn("code-agent", task, answer),
                failed
                        ? Optional.of("the tests still fail: turn limit reached")
                        : Optional.empty());
        return lane;
    }

    private static void codingTurn(Lane lane, Workspace workspace, int resultLength, Dice dice) {
        String tool = CODING_TOOLS.get(dice.zipf(CODING_TOOLS.size()));
        int file = workspace.pick();
        String arguments =
                switch (tool) {
                    case "read_file" -> "{\"path\":\"" + workspace.path(file) + "\"}";
                    case "edit_file" -> workspace.edit(file);
                    case "search_code" -> Documents.object(dice, "pattern", "identifier");
                    default -> Documents.object(dice, "target", "path");
                };
        int length = (int) dice.pareto(resultLength * 0.6, resultLength * 8.0, 2.4);
        String result =
                switch (tool) {
                    case "read_file" -> workspace.read(file);
                    case "edit_file" -> "The file has been edited:\n" + workspace.read(file);
                    case "run_tests" -> Documents.lines("test_line", length, dice);
                    case "search_code" -> Documents.lines("grep_line", length, dice);
                    case "list_files" -> Documents.lines("path", length / 2, dice);
                    default -> Documents.lines("log", length, dice);
                };
        String callId = lane.newCallId();
        List<Part> parts = new ArrayList<>();
        if (dice.chance(0.3)) {
            parts.add(new Part.Reasoning(ENGLISH.texts("thought", 300, " ", dice)));
        }
        parts.add(new Part.Text(ENGLISH.text("thought", dice)));
        parts.add(new Part.ToolCall(callId, tool, arguments));
        lane.answer(Message.assistant(parts));
        if (dice.chance(0.02)) {
            lane.failingTool(tool, callId, arguments);
        } else {
            lane.tool(tool, callId, arguments, result, tool.equals("run_tests") ? 8_000 : 120);
        }
    }

    private Lane assistant(Dice dice, int turns) {
        Lane lane = Lane.root(dice, assistantModel);
        String first = ENGLISH.text("question", dice);
        lane.announce("invoke_agent assistant", new AgentTurn("assistant", first, ""));
        lane.say(Message.system(assistantRules));
        lane.say(Message.user(first));
        String answer = "";
        for (int turn = 1; turn <= turns; turn++) {
            if (dice.chance(0.6)) {
                String tool = dice.pick(ASSISTANT_TOOLS);
                String callId = lane.newCallId();
                String arguments = Documents.object(dice, "query", "topic", "date", "date");
                lane.answer(Message.assistant(List.of(new Part.ToolCall(callId, tool, arguments))));
                String result = Documents.searchResults(dice, dice.between(1, 8));
                lane.tool(tool, callId, arguments, result, 300);
            }
            answer = ENGLISH.text("answer", dice);
            lane.answer(Message.assistant(answer));
            // A person answers after minutes, and now and then on the next day.
            lane.waitMillis(dice.chance(0.03) ? 6e7 : dice.lognormal(60_000, 1.2));
            lane.say(Message.user(ENGLISH.text("question", dice)));
            if (lane.historyTokens() > 60_000 * scale) {
                lane.compact(ENGLISH.texts("sentence", 2_500, " ", dice));
            }
        }
        lane.answer(Message.assistant(ENGLISH.text("answer", dice)));
        lane.end(
                "invoke_agent assistant",
                new AgentTurn("assistant", first, answer),
                Optional.empty());
        return lane;
    }

    private Lane heavy(Dice dice) {
        Lane lane = Lane.root(dice, intakeModel);
        lane.say(Message.system("Extract the parties, dates and amounts as JSON."));
        String last = "";
        for (int document = dice.between(1, 3); document > 0; document--) {
            int length = (int) (scale * dice.pareto(500_000, 16_000_000, 1.1));
            double kind = dice.fraction();
            String text;
            if (kind < 0.6) {
                text = Documents.page(length, dice);
            } else if (kind < 0.9) {
                text = Documents.table(length, dice);
            } else {
                text = Documents.image(length, dice);
            }
            lane.step("load document", new Step("document " + document, text), 2_000);
            lane.say(Message.user(text));
            last = Documents.object(dice, "party", "last", "date", "date", "summary", "sentence");
            lane.answer(Message.assistant(last));
        }
        lane.end("chain document-intake", new Step("intake", last), Optional.empty());
        return lane;
    }
}
