package org.sjd4j.training.denoising;

import org.bytedeco.pytorch.Tensor;

/**
 * Drafts as a seed-exact decoder makes them: with the Gumbel noise that, under the true distribution, samples the true code.
 *
 * <p>A position's draft and its final code share their noise, so they agree far more often than two independent samples.
 * The noise of a code that is known already is sampled in hindsight: the maximum first, then the others below it
 * (truncated Gumbels, Maddison et al. 2014, arXiv 1411.0030).
 */
final class CoupledDrafts {
    private CoupledDrafts() {}

    /**
     * Samples a draft for every true code.
     *
     * @param truth logits of the distribution that the codes were sampled from, {@code [batch, n, codes]}
     * @param codes the true codes, {@code [batch, n]}
     * @param guess logits of the drafts, as {@code truth}
     * @return {@code [batch, n]}; over codes of the distribution {@code truth}, the drafts have the distribution {@code
     *     guess}
     */
    static Tensor sample(Tensor truth, Tensor codes, Tensor guess) {
        Tensor logProbability = truth.log_softmax(-1);
        Tensor index = codes.unsqueeze(-1);
        Tensor maximum = gumbel(logProbability.narrow(-1, 0, 1));
        Tensor unbounded = logProbability.add(gumbel(logProbability));
        Tensor bounded = maximum.neg().logaddexp(unbounded.neg()).neg();
        Tensor perturbed = bounded.scatter(-1, index, maximum);
        return guess.log_softmax(-1)
                .add(perturbed.sub(logProbability))
                .argmax(new org.bytedeco.pytorch.LongOptional(-1), false);
    }

    private static Tensor gumbel(Tensor like) {
        return like.clone().exponential_().log().neg();
    }
}
