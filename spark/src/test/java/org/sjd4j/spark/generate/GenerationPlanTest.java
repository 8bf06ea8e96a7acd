package org.sjd4j.spark.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.sjd4j.api.Recipe;
import org.sjd4j.api.Request;
import org.sjd4j.decode.DecoderSettings;
import org.sjd4j.decode.Decoders;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.spark.cluster.ModelPlan;
import org.sjd4j.tensor.Precision;

/** What a row is generated with. */
class GenerationPlanTest {
    private static GenerationPlan plan(long seed) {
        var request = new Request("", seed, Decoders.SJD_EXACT, DecoderSettings.DEFAULT, Sampling.PLAIN);
        var model = new ModelPlan(null, null, null, "cpu", "float32", 0, "f");
        return new GenerationPlan(model, new Recipe("bundled", Precision.FLOAT32, request), seed);
    }

    /** Part of what a job's seed means: another value would change every image of every job. */
    @Test
    void theSeedOfARowDependsOnJobAndNameAlone() {
        assertThat(plan(7).seed("r1")).isEqualTo(9129788537489532903L);
        assertThat(plan(8).seed("r1")).isNotEqualTo(plan(7).seed("r1"));
        var seeds = new HashSet<Long>();
        for (int i = 0; i < 10_000; i++) {
            seeds.add(plan(7).seed("r" + i));
        }
        assertThat(seeds).hasSize(10_000);
    }

    @Test
    void aRecipeIsTheJobsWithTheRowsPromptAndSeed() {
        var recipe = plan(7).recipe("r1", "a bus");
        assertThat(recipe.model()).isEqualTo("bundled");
        assertThat(recipe.request())
                .isEqualTo(new Request(
                        "a bus", plan(7).seed("r1"), Decoders.SJD_EXACT, DecoderSettings.DEFAULT, Sampling.PLAIN));
    }
}
