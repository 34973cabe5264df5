// How fast llama.cpp reads a prompt and answers, with the model and the tokens that `bench engine`
// measures: random tokens, the best of a few rounds. Built and run by llama_peer.sh.
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
    printf("{\"open_s\":%.2f,\"threads\":%d,\"prompt\":%d,\"prompt_tokens_per_s\":%.1f,"
           "\"decode_tokens_per_s\":%.2f}\n",
           opened, threads, prompt, prompt / reading, answer / answering);
    return 0;
}
