package org.sjd4j.metrics;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.ArchCondition.from;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMembers;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.sjd4j.metrics.inception.InceptionLayer;
import org.sjd4j.metrics.scorer.Scorer;
import org.sjd4j.metrics.scorer.ScorerNetwork;

/** The wall around the networks that judge. */
class WallsTest {
    private static final JavaClasses JUDGES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.sjd4j.metrics");

    /** Networks are LibTorch's inside, but what judges offer is not, so that evaluations need not know it. */
    @Test
    void whatJudgesOfferIsFreeOfLibTorch() {
        noMembers()
                .that()
                .arePublic()
                .and()
                .areDeclaredInClassesThat(describe("can be named from outside", WallsTest::isOffered))
                .and()
                .areNotDeclaredIn(ScorerNetwork.class) // training computes its gradients
                .should(from(describe("mention LibTorch", WallsTest::mentionsLibTorch)))
                .check(JUDGES);
    }

    /** Guards against an importer that cannot read the class files and so finds nothing wrong. */
    @Test
    void libTorchIsSeenWhereItIs() {
        assertThat(JUDGES.get(ScorerNetwork.class).getMethods()).anyMatch(WallsTest::mentionsLibTorch);
        assertThat(isOffered(JUDGES.get(Scorer.class))).isTrue();
        assertThat(isOffered(JUDGES.get(InceptionLayer.Pool.class))).isFalse();
    }

    /** Whether a class and all around it are public: those within an interface always are. */
    private static boolean isOffered(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(WallsTest::isOffered).orElse(true);
    }

    private static boolean mentionsLibTorch(JavaMember member) {
        return member.getAllInvolvedRawTypes().stream()
                .anyMatch(type -> type.getPackageName().startsWith("org.bytedeco"));
    }
}
