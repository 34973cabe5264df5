package dev.backplane.server;

import dev.backplane.core.Json;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import dev.backplane.gateway.limit.Balance;
import dev.backplane.gateway.limit.Balances;
import dev.backplane.gateway.limit.Budget;
import dev.backplane.gateway.limit.Cost;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.limit.Subject;
import dev.backplane.store.TraceStore;
import dev.backplane.store.sql.SqlLimits;
import dev.backplane.store.sql.SqlSink;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Keeps what budgets have used, in the object `meta/budgets.json`:
///
/// ```
/// {"version":1,"time_millis":0,"clean":false,"settlement":17,
///  "balances":[{"kind":"key","name":"ci","period":"day","start_day":20783,
///               "tokens":5,"nano_dollars":9}]}
/// ```
///
/// Validity: version is 1; unknown members are ignored. The object is replaced as a whole by
/// conditional write, [#EVERY] while something changes.
///
/// When nothing has changed for a while, and when the process ends, it becomes `clean`: then
/// nothing is looked for in spans. The first call with limits after that waits until it is not
/// clean any more. So a process that was killed while nobody used a budget starts at once, however
/// many spans came another way.
///
/// What happened after the last write is in the spans of the calls: each that was settled says so
/// in its attribute `backplane.settlement`, with the settlement's number and what it took, and is
/// in the store before its answer has ended. On opening, those with a number above the object's are
/// charged again. So a crash loses only calls that were running. The object instead of all spans is
/// read because traces are deleted and expire, and what was spent stays spent; spans instead of a
/// write for each call because they are written anyway. Thread-safe.
final class Ledger implements AutoCloseable {
    static final String KEY = "meta/budgets.json";
    private static final System.Logger LOG = System.getLogger(Ledger.class.getName());
    private static final Duration EVERY = Duration.ofSeconds(5);

    /// Waking costs a call one write of the object.
    private static final int ROUNDS_UNTIL_REST = 12;

    /// Spans end when they are settled, by another clock of the same machine: so far may it have
    /// been set back.
    private static final Duration SLACK = Duration.ofMinutes(10);

    private static final SqlLimits REPLAY =
            new SqlLimits(Duration.ofMinutes(5), 10_000_000, 1L << 30);

    private final SharedObject object;
    private final Limiter limiter;
    private final Meter.Counter failures;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private long written = -1;
    private boolean resting;
    private int quietRounds;

    private Ledger(ObjectStore objects, Limiter limiter, Meter meter) {
        this.object = new SharedObject(objects, KEY);
        this.limiter = limiter;
        this.failures =
                meter.counter(
                        "backplane_gateway_budget_write_failures_total",
                        "Times that the state of budgets could not be kept");
    }

    /// Brings the limiter to where it was, before the first call.
    ///
    /// @throws Problem `CONFIG` when the object is damaged
    static Ledger open(ObjectStore objects, TraceStore store, Limiter limiter, Meter meter)
            throws IOException {
        Ledger ledger = new Ledger(objects, limiter, meter);
        Optional<Slice> kept = ledger.object.read();
        if (kept.isPresent()) {
            State state = read(kept.get());
            limiter.restore(state.balances());
            if (!state.clean()) {
                ledger.replay(store, state);
            }
        }
        limiter.onWaking(ledger::wake);
        ledger.rest(limiter.balances().settlement());
        Thread.ofVirtual().name("budgets").start(ledger::run);
        return ledger;
    }

    private record State(Instant time, boolean clean, Balances balances) {}

    private void replay(TraceStore store, State state) {
        String since = state.time().minus(SLACK).toString();
        String query =
                "select attributes->>'$.\"backplane.settlement\"',"
                        + " attributes->>'$.\"backplane.key\"',"
                        + " attributes->>'$.\"gen_ai.request.model\"',"
                        + " user_id, cast(tags as varchar), end_time"
                        + " from spans where kind in ('llm', 'embedding')"
                        + " and end_time >= timestamp '"
                        + since.substring(0, 19).replace('T', ' ')
                        + "' and attributes->>'$.\"backplane.settlement\"' is not null";
        for (String project : store.projects()) {
            store.sql(project, query, REPLAY, new Replay(state.balances().settlement()));
        }
    }

    private final class Replay implements SqlSink {
        private final long after;

        Replay(long after) {
            this.after = after;
        }

        @Override
        public void columns(List<Column> columns) {}

        @Override
        public boolean row(List<Optional<Object>> cells) {
            String[] words = text(cells.get(0)).split(" ");
            try {
                long number = words.length == 3 ? Long.parseLong(words[0]) : 0;
                if (number > after) {
                    Cost cost = new Cost(Long.parseLong(words[1]), Long.parseLong(words[2]));
                    Instant at = Instant.parse(text(cells.get(5)));
                    limiter.replay(number, subjects(cells), cost, at);
                }
            } catch (IllegalArgumentException | java.time.DateTimeException notOurs) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "a span's settlement is malformed and not counted");
            }
            return true;
        }

        private static List<Subject> subjects(List<Optional<Object>> cells) {
            List<Subject> subjects = new ArrayList<>();
            subjects.add(new Subject(Subject.Kind.KEY, text(cells.get(1))));
            subjects.add(new Subject(Subject.Kind.MODEL, text(cells.get(2))));
            subjects.add(new Subject(Subject.Kind.USER, text(cells.get(3))));
            String tags = text(cells.get(4));
            if (!tags.isEmpty()) {
                try (JsonParser json = Json.parser(Slice.of(tags))) {
                    json.nextToken();
                    while (json.nextToken() == JsonToken.VALUE_STRING) {
                        subjects.add(new Subject(Subject.Kind.TAG, json.getString()));
                    }
                }
            }
            return subjects;
        }

        @Override
        public void end(boolean truncated) {}
    }

    private static String text(Optional<Object> cell) {
        return cell.map(Object::toString).orElse("");
    }

    private void run() {
        try {
            while (!stopped.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                keep();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void keep() {
        long settled = limiter.balances().settlement();
        quietRounds = settled == written ? quietRounds + 1 : 0;
        if (quietRounds == 0) {
            write(resting);
        } else if (!resting && quietRounds >= ROUNDS_UNTIL_REST) {
            rest(settled);
        }
    }

    private synchronized void rest(long settled) {
        resting = limiter.rest(settled);
        quietRounds = 0;
        write(resting);
    }

    /// A mark that cannot be written does not keep calls from being made. Of many calls that find
    /// it resting one writes.
    private synchronized void wake() {
        if (resting) {
            write(false);
            limiter.wake();
            resting = false;
            quietRounds = 0;
        }
    }

    /// Writes the state. A failure is tried again next time: until then the spans are what is kept.
    private synchronized void write(boolean clean) {
        Balances now = limiter.balances();
        Slice state = Slice.of(text(now, clean));
        try {
            // Whatever another process wrote, the newest sums are ours.
            object.update(_ -> state);
            written = now.settlement();
        } catch (Problem busy) {
            failed(busy.what());
        } catch (IOException e) {
            failed(e.getClass().getSimpleName());
        }
    }

    private void failed(String why) {
        written = -1;
        failures.increment();
        LOG.log(System.Logger.Level.WARNING, "budgets could not be kept: {0}", why);
    }

    private static String text(Balances state, boolean clean) {
        return Json.write(json -> {
            json.writeStartObject();
            json.writeNumberProperty("version", 1);
            json.writeNumberProperty("time_millis", System.currentTimeMillis());
            json.writeBooleanProperty("clean", clean);
            json.writeNumberProperty("settlement", state.settlement());
            json.writeArrayPropertyStart("balances");
            for (Balance balance : state.balances()) {
                json.writeStartObject();
                json.writeStringProperty("kind", balance.subject().kind().id());
                json.writeStringProperty("name", balance.subject().name());
                json.writeStringProperty("period", balance.period().id());
                json.writeNumberProperty("start_day", balance.startDay());
                json.writeNumberProperty("tokens", balance.tokens());
                json.writeNumberProperty("nano_dollars", balance.nanoDollars());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static State read(Slice bytes) {
        long time = 0;
        boolean clean = false;
        long settlement = 0;
        List<Balance> balances = new ArrayList<>();
        try (JsonParser json = Json.parser(bytes)) {
            expect(json.nextToken() == JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "version" -> expect(json.getLongValue() == 1);
                    case "time_millis" -> time = json.getLongValue();
                    case "clean" -> clean = json.getBooleanValue();
                    case "settlement" -> settlement = json.getLongValue();
                    case "balances" -> {
                        while (json.nextToken() == JsonToken.START_OBJECT) {
                            balances.add(balance(json));
                        }
                    }
                    default -> json.skipChildren();
                }
            }
        } catch (StreamReadException e) {
            throw damaged().causedBy(e);
        }
        return new State(Instant.ofEpochMilli(time), clean, new Balances(settlement, balances));
    }

    private static Balance balance(JsonParser json) {
        String kind = "";
        String name = "";
        String period = "";
        long startDay = 0;
        long tokens = 0;
        long nanoDollars = 0;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String member = json.currentName();
            json.nextToken();
            switch (member) {
                case "kind" -> kind = json.getString();
                case "name" -> name = json.getString();
                case "period" -> period = json.getString();
                case "start_day" -> startDay = json.getLongValue();
                case "tokens" -> tokens = json.getLongValue();
                case "nano_dollars" -> nanoDollars = json.getLongValue();
                default -> json.skipChildren();
            }
        }
        return new Balance(
                new Subject(Subject.Kind.byId(kind).orElseThrow(Ledger::damaged), name),
                Budget.Period.byId(period).orElseThrow(Ledger::damaged),
                startDay,
                tokens,
                nanoDollars);
    }

    private static void expect(boolean valid) {
        if (!valid) {
            throw damaged();
        }
    }

    private static Problem damaged() {
        return Problem.of(Problem.Kind.CONFIG, "state of budgets is damaged", KEY)
                .fix("restore the object from a backup, or delete it: budgets then begin anew");
    }

    @Override
    public void close() {
        stopped.countDown();
        write(true);
    }
}
