// How fast llama.cpp reads a prompt and answers, with the model and the tokens that `bench engine`
// measures: random tokens, the best of a few rounds. Several requests at once are batches as its
// server makes them at best, without the server: all prompts, then a token of each a step. Built
// and run by llama_peer.sh.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "ggml-backend.h"
#include "llama.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void quiet(enum ggml_log_level level, const char * text, void * data) {
    (void) data;
    if (level >= GGML_LOG_LEVEL_ERROR) {
        fputs(text, stderr);
    }
}

// Computes tokens after those that the context has; the seconds that it took.
static double run(struct llama_context * context, llama_token * tokens, int count) {
    double start = now();
    if (llama_decode(context, llama_batch_get_one(tokens, count))) {
        exit(1);
    }
    llama_synchronize(context);
    return now() - start;
}

// Several requests at once, each with a prompt and an answer, in a context of their own; tokens of
// answers a second from the first answer on, and tokens of prompts and answers a second in all.
static void together(struct llama_model * model, int requests, int prompt, int answer, int threads,
                     double * answering, double * all) {
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = requests * (prompt + answer + 64);
    params.n_seq_max = requests;
    params.n_batch = requests * prompt;
    params.n_ubatch = 512;
    params.n_threads = params.n_threads_batch = threads;
    struct llama_context * context = llama_init_from_model(model, params);
    if (!context) {
        exit(1);
    }
    int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    struct llama_batch batch = llama_batch_init(requests * prompt, 0, 1);
    double start = now();
    double first = start;
    for (int step = 0; step <= answer; step++) {
        int length = step == 0 ? prompt : 1;
        batch.n_tokens = 0;
        for (int request = 0; request < requests; request++) {
            for (int i = 0; i < length; i++) {
                int at = batch.n_tokens++;
                batch.token[at] = rand() % vocabulary;
                batch.pos[at] = step == 0 ? i : prompt + step - 1;
                batch.n_seq_id[at] = 1;
                batch.seq_id[at][0] = request;
                batch.logits[at] = i == length - 1;
            }
        }
        if (llama_decode(context, batch)) {
            exit(1);
        }
        llama_synchronize(context);
        first = step == 0 ? now() : first;
    }
    double end = now();
    *answering = requests * answer / (end - first);
    *all = requests * (prompt + answer) / (end - start);
    llama_batch_free(batch);
    llama_free(context);
}

int main(int argc, char ** argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: llama_peer LIBRARIES MODEL.gguf PROMPT ANSWER THREADS ROUNDS\n");
        return 2;
    }
    int prompt = atoi(argv[3]);
    int answer = atoi(argv[4]);
    int threads = atoi(argv[5]);
    llama_log_set(quiet, NULL);
    ggml_backend_load_all_from_path(argv[1]);
    llama_backend_init();
    double start = now();
    struct llama_model * model =
        llama_model_load_from_file(argv[2], llama_model_default_params());
    if (!model) {
        return 1;
    }
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = prompt + answer + 64;
    params.n_batch = params.n_ubatch = prompt;
    params.n_threads = params.n_threads_batch = threads;
    struct llama_context * context = llama_init_from_model(model, params);
    if (!context) {
        return 1;
    }
    double opened = now() - start;
    int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
    llama_token * tokens = malloc(sizeof(llama_token) * prompt);
    double reading = 1e9;
    double answering = 1e9;
    for (int round = 0; round < atoi(argv[6]); round++) {
        llama_memory_clear(llama_get_memory(context), true);
        for (int i = 0; i < prompt; i++) {
            tokens[i] = rand() % vocabulary;
        }
        double seconds = run(context, tokens, prompt);
        reading = seconds < reading ? seconds : reading;
        llama_memory_clear(llama_get_memory(context), true);
        run(context, tokens, prompt < 8 ? prompt : 8);
        seconds = 0;
        for (int i = 0; i < answer; i++) {
            llama_token token = rand() % vocabulary;
            seconds += run(context, &token, 1);
        }
        answering = seconds < answering ? seconds : answering;
    }
    llama_free(context);
    double eight, sixteen, unused;
    together(model, 8, 8, answer, threads, &eight, &unused);
    together(model, 16, 256, 128, threads, &unused, &sixteen);
    printf("{\"open_s\":%.2f,\"threads\":%d,\"prompt\":%d,\"prompt_tokens_per_s\":%.1f,"
           "\"decode_tokens_per_s\":%.2f,\"eight_tokens_per_s\":%.2f,"
           "\"sixteen_256_128_tokens_per_s\":%.1f}\n",
           opened, threads, prompt, prompt / reading, answer / answering, eight, sixteen);
    return 0;
}
