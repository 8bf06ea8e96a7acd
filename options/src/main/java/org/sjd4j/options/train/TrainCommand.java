package org.sjd4j.options.train;

import org.sjd4j.options.UserException;
import picocli.CommandLine.Command;

/** {@code sjd train}: groups the training commands. */
@Command(
        name = "train",
        description =
                "Trains an image tokenizer, a model or its denoising adapter; a stopped run goes on where it was.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "tokenizer|model|denoising|scorer")
public final class TrainCommand implements Runnable {
    @Override
    public void run() {
        throw new UserException("say what to train: sjd train tokenizer, sjd train model or sjd train denoising");
    }
}
