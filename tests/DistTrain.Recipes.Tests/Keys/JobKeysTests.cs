using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class JobKeysTests
{
    public static TheoryData<string> Paths => [.. JobKeys.All.Select(k => k.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_value_that_no_rule_allows_is_refused_at_every_key(string path) =>
        Assert.Contains(JobText.Read(null, $"{path}=[{{a: b}}]").Problems, p => p.Path.StartsWith(path, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Paths))]
    public void An_unknown_key_is_refused_in_every_section(string path)
    {
        if (JobKeys.All.First(k => k.Path == path).Rule is SectionRule)
            Assert.Contains(JobText.Read(null, $"{path}.qqqq=1").Problems, p => p.Path == $"{path}.qqqq");
    }

    [Fact]
    public void Each_path_stands_once_and_behind_its_section()
    {
        Assert.Equal(JobKeys.All.Count, JobKeys.All.Select(k => k.Path).Distinct().Count());
        for (var i = 0; i < JobKeys.All.Count; i++)
        {
            var section = JobKeys.All[i].Section;
            Assert.True(section.Length == 0 || JobKeys.All.Take(i).Any(k => k.Path == section && k.Rule is SectionRule), section);
        }
    }

    [Fact]
    public void Every_printed_default_is_the_one_taken()
    {
        var resolved = JobText.Job(null);

        Assert.All(
            JobKeys.All.Where(k => k.Default is not null),
            k => Assert.Equal(k.DefaultText, ValueText.Of(k.ValueIn(resolved)!)));
    }

    [Theory]
    [InlineData("workers", "1", "1024", "0", "1025")]
    [InlineData("microBatch", "1", "1048576", "0", "1048577")]
    [InlineData("epochs", "1", "1000000", "0", "1000001")]
    [InlineData("steps", "1", "1000000000000", "0", "1000000000001")]
    [InlineData("trainAccuracy", "0.001", "1", "0", "1.0001")]
    [InlineData("seed", "-9223372036854775808", "9223372036854775807", "-9223372036854775809", "9223372036854775808")]
    [InlineData("scaling.referenceBatch", "1", "1048576", "0", "1048577")]
    [InlineData("batchNorm.momentum", "1e-9", "1", "0", "1.0001")]
    [InlineData("batchNorm.epsilon", "1e-300", "1", "0", "-1")]
    [InlineData("batchNorm.renorm.rMax", "1", "1e300", "0.999", "1e309")]
    [InlineData("batchNorm.renorm.dMax", "0", "1e300", "-0.001", "1e309")]
    [InlineData("batchNorm.renorm.rRampEnd", "0.04", "1", "-1", "1.0001")]
    [InlineData("model.spectralPenalty", "0", "1e300", "-0.001", "1e309")]
    [InlineData("checkpoint.everySteps", "0", "1000000000", "-1", "1000000001")]
    [InlineData("checkpoint.keep", "1", "1000000", "0", "1000001")]
    [InlineData("evaluation.everyEpochs", "0", "1000000", "-1", "1000001")]
    [InlineData("numerics.outlierFactor", "0", "1e300", "-1", "1e309")]
    [InlineData("numerics.replayCheck", "0", "1000000000", "-1", "1000000001")]
    [InlineData("probe.everySteps", "0", "1000000000", "-1", "1000000001")]
    [InlineData("probe.examples", "1", "100000000", "0", "100000001")]
    [InlineData("probe.products", "1", "1000", "0", "1001")]
    [InlineData("dataset.context", "1", "65536", "0", "65537")]
    [InlineData("dataset.length", "1", "65536", "0", "65537")]
    [InlineData("model.width", "1", "65536", "0", "65537")]
    [InlineData("model.depth", "1", "256", "0", "257")]
    [InlineData("model.heads", "1", "1024", "0", "1025")]
    [InlineData("dataset.trainExamples", "1", "100000000", "0", "100000001")]
    [InlineData("dataset.validation", "0.001", "7999", "0", "8000")]
    [InlineData("dataset.validation", "1", "0.999", "-0.5", "1.5")]
    public void Ranges_hold_their_ends(string path, string low, string high, string below, string above)
    {
        string[] roomy = ["batch=2048"];
        Assert.Empty(JobText.Read(null, [.. roomy, $"{path}={low}"]).Problems);
        Assert.Empty(JobText.Read(null, [.. roomy, $"{path}={high}"]).Problems);
        Assert.Single(JobText.Read(null, [.. roomy, $"{path}={below}"]).Problems);
        Assert.Single(JobText.Read(null, [.. roomy, $"{path}={above}"]).Problems);
    }

    [Theory]
    [InlineData("workers", "2.0")]
    [InlineData("workers", "1_000")]
    [InlineData("workers", "0x10")]
    [InlineData("workers", "'2'")]
    [InlineData("workers", "\"2 \"")]
    [InlineData("workers", "true")]
    [InlineData("optimizer.lr", ".nan")]
    [InlineData("optimizer.lr", "NaN")]
    [InlineData("optimizer.lr", "Infinity")]
    [InlineData("optimizer.lr", "1e999")]
    [InlineData("optimizer.lr", "1,5")]
    [InlineData("optimizer.lr", "0x1p3")]
    public void What_only_looks_like_a_number_is_refused(string path, string value) =>
        Assert.Equal($"spec.{path}", Assert.Single(JobText.Read(null, $"{path}={value}").Problems).Path);
}
