package org.sjd4j.metrics;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.ArchCondition.from;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMembers;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.sjd4j.metrics.clip.Clip;
import org.sjd4j.metrics.inception.Inception;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.metrics.scorer.ScorerNetwork;

/** What other modules see of the networks of metrics. */
class ArchitectureTest {
    private static final JavaClasses METRICS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.sjd4j.metrics");

    /** Networks are LibTorch's inside, but what metrics offer is not, so that evaluations need not know it. */
    @Test
    void whatMetricsOfferIsFreeOfLibTorch() {
        noMembers()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat(describe("are offered", ArchitectureTest::isOffered))
                .should(from(describe("mention LibTorch", ArchitectureTest::mentionsLibTorch)))
                .check(METRICS);
    }

    /** Guards against an importer that cannot read the class files and so finds nothing wrong. */
    @Test
    void libTorchIsSeenWhereItIs() {
        assertThat(METRICS.get(ScorerNetwork.class).getMethods()).anyMatch(ArchitectureTest::mentionsLibTorch);
        assertThat(isOffered(METRICS.get(ClipScore.class))).isTrue();
        assertThat(isOffered(METRICS.get(ScorerNetwork.class))).isFalse();
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("org.sjd4j.(**)").should().beFreeOfCycles().check(METRICS);
    }

    /** What opens the three networks, and all that stands beside it; the networks themselves are for training and parity. */
    private static boolean isOffered(JavaClass type) {
        return type.getPackageName().equals("org.sjd4j.metrics")
                || type.isEquivalentTo(Clip.class)
                || type.isEquivalentTo(Inception.class)
                || type.isEquivalentTo(Scorer.class);
    }

    private static boolean mentionsLibTorch(JavaMember member) {
        return member.getAllInvolvedRawTypes().stream()
                .anyMatch(type -> type.getPackageName().startsWith("org.bytedeco"));
    }
}
