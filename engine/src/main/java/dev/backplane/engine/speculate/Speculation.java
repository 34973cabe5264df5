package dev.backplane.engine.speculate;

import dev.backplane.core.Problem;
import dev.backplane.engine.model.LocalModel;
import dev.backplane.engine.sample.Constraint;
import dev.backplane.engine.schedule.Sequence;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Guesses for the requests of an engine, and how well they did.
///
/// How much is guessed follows from what a row costs ([StepCost]) and from how often guesses of
/// that kind came true for the request: where neither pays, nothing is guessed, but for a try now
/// and then.
///
/// For one thread.
public final class Speculation implements AutoCloseable {
    /// Who guessed.
    private enum Source {
        FORM,
        TEXT,
        MODEL
    }

    private static final double TRUST_FIRST = 0.8;

    /// How much one guess changes the trust.
    private static final double TRUST_STEP = 0.12;

    /// What is regained in a step without guesses, towards [#TRUST_REGAINED].
    private static final double REGAIN = 0.003;

    private static final double TRUST_REGAINED = 0.6;

    /// What a form leaves no choice about comes in these tokens with this probability.
    private static final double FORM_LIKELY = 0.97;

    /// Of one request.
    private static final class State {
        private final Draft draft;
        private final Optional<Constraint> constraint;
        private final int capacity;
        private Optional<History> own = Optional.empty();
        private final double[] trust = {TRUST_FIRST, TRUST_FIRST, TRUST_FIRST};
        private int known;
        private Source source = Source.FORM;

        State(Draft draft, Optional<Constraint> constraint, int capacity) {
            this.draft = draft;
            this.constraint = constraint;
            this.capacity = capacity;
        }

        /// Made when first asked for, since a request may wait for long with many others.
        History own() {
            History history = own.orElseGet(() -> new History(capacity));
            own = Optional.of(history);
            return history;
        }
    }

    private final SpeculationOptions options;
    private final StepCost cost = new StepCost();
    private final Histories histories;
    private final Optional<DraftModel> model;
    private final Map<Sequence, State> states = new IdentityHashMap<>();

    /// @param model for [SpeculationOptions.Method#DRAFT]; the caller's, who closes it afterwards
    /// @param runningMax requests that may run at once
    public Speculation(SpeculationOptions options, Optional<LocalModel> model, int runningMax) {
        this.options = options;
        this.histories = new Histories(options.historyTokens());
        boolean asked = options.on() && options.method() == SpeculationOptions.Method.DRAFT;
        this.model = model.filter(_ -> asked).map(small -> new DraftModel(small, runningMax));
    }

    /// A request may be guessed about from now on.
    public void begin(Sequence sequence, Optional<Constraint> constraint) {
        if (options.on()) {
            int capacity = Integer.highestOneBit(Math.max(16, 2 * sequence.lengthMax() - 1));
            Draft draft = new Draft(sequence, options.tokensMax());
            states.put(sequence, new State(draft, constraint, capacity));
        }
    }

    /// Hands its guesses to each of the sequences, which all have one token to be computed.
    public void propose(List<Sequence> ready) {
        if (!options.on() || ready.isEmpty()) {
            return;
        }
        double asked = options.likelyMin();
        double least = asked > 0 ? asked : cost.worthwhile(ready.size());
        List<Draft> unknown = new ArrayList<>();
        for (Sequence sequence : ready) {
            State state = states.get(sequence);
            if (state != null) {
                lookUp(state, least);
                if (state.draft.count() == 0) {
                    begin(state, Source.MODEL);
                    unknown.add(state.draft);
                }
            }
        }
        model.ifPresent(small -> small.propose(unknown, least));
        for (Sequence sequence : ready) {
            State state = states.get(sequence);
            if (state != null) {
                state.draft.propose();
            }
        }
    }

    private static void begin(State state, Source source) {
        state.source = source;
        Sequence sequence = state.draft.sequence();
        // The last token of an answer need not be computed.
        int most = sequence.lengthMax() - sequence.length() - 1;
        state.draft.clear(most, state.trust[source.ordinal()]);
    }

    private void lookUp(State state, double least) {
        Sequence sequence = state.draft.sequence();
        while (state.known < sequence.length()) {
            state.own().add(sequence.token(state.known++));
        }
        begin(state, Source.FORM);
        if (state.constraint.isPresent() && !state.draft.full()) {
            double likely = 1;
            for (int token : expected(state.constraint.get())) {
                likely *= FORM_LIKELY;
                if (!state.draft.add(token, likely, least)) {
                    break;
                }
            }
        }
        if (state.draft.count() == 0) {
            begin(state, Source.TEXT);
            state.own().propose(state.draft, least);
        }
        if (state.draft.count() == 0 && options.suffix()) {
            histories.find(sequence).ifPresent(history -> history.propose(state.draft, least));
        }
        if (state.draft.count() == 0) {
            for (Source source : Source.values()) {
                double trust = state.trust[source.ordinal()];
                double missing = Math.max(0, TRUST_REGAINED - trust);
                state.trust[source.ordinal()] = trust + REGAIN * missing;
            }
        }
    }

    /// What a form leaves no choice about. Where it cannot tell, as it looks further ahead than a
    /// token, the request itself may still go on.
    private int[] expected(Constraint constraint) {
        try {
            return constraint.expected(options.tokensMax());
        } catch (Problem tooFar) {
            return new int[0];
        }
    }

    /// What became of the guesses that were computed for a sequence.
    ///
    /// @param guessed tokens
    /// @param accepted of them, the first ones
    public void note(Sequence sequence, int guessed, int accepted) {
        State state = states.get(sequence);
        if (state == null) {
            return;
        }
        int source = state.source.ordinal();
        for (int i = 0; i < Math.min(guessed, accepted + 1); i++) {
            double came = i < accepted ? 1 : 0;
            state.trust[source] += TRUST_STEP * (came - state.trust[source]);
        }
    }

    /// How long a step took.
    ///
    /// @param rows that it computed, all of which give logits
    public void noteStep(int rows, long nanos) {
        if (options.on()) {
            cost.add(rows, nanos);
        }
    }

    /// A request is done, however it ended.
    public void end(Sequence sequence) {
        State state = states.remove(sequence);
        if (state == null) {
            return;
        }
        if (options.suffix() && sequence.length() > sequence.promptLength()) {
            histories.remember(sequence);
        }
        model.ifPresent(small -> small.forget(sequence));
    }

    @Override
    public void close() {
        model.ifPresent(DraftModel::close);
    }
}
