using System.Text;
using CsCheck;
using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Documents;

[Trait("Kind", "Fast")]
public sealed class DocumentReaderTests
{
    [Theory]
    [InlineData("apiVersion: [", "job.yaml:2:1: not valid YAML: ")]
    [InlineData("spec:\n  model: {layers: [relu}\n  workers: 2", "job.yaml:2:")]
    [InlineData("apiVersion: disttrain.dev/v1\nkind: 'Train", "job.yaml:2:7: not valid YAML: ")]
    [InlineData("spec:\n  a: b: c", "job.yaml:2:7: not valid YAML: ")]
    public void Broken_YAML_is_one_problem_with_line_and_column(string yaml, string start) =>
        Assert.StartsWith(start, Assert.Single(JobText.Problems(yaml)), StringComparison.Ordinal);

    [Theory]
    [InlineData("spec:\n\tworkers: 2\n", "job.yaml:2:1: not valid YAML: a tab as indentation; indent with spaces")]
    [InlineData("spec:\n  batch: 2\n \tworkers: 2\n", "job.yaml:3:2: not valid YAML: a tab as indentation; indent with spaces")]
    public void A_tab_as_indentation_is_named(string yaml, string problem) => Assert.Equal(problem, Assert.Single(JobText.Problems(yaml)));

    [Theory]
    [InlineData("x: [1, 2\ny: 3\n", "job.yaml:1:6: not valid YAML: it cannot be read on from here; is a bracket or a quote left open?")]
    [InlineData("x: {a: 1\ny: 3\n", "job.yaml:1:6: not valid YAML: it cannot be read on from here; is a bracket or a quote left open?")]
    public void YamlDotNet_threw_inner_exceptions_at_broken_text(string yaml, string problem) =>
        Assert.Equal(problem, Assert.Single(JobText.Problems(yaml)));

    [Fact]
    public void Anchors_and_aliases_are_refused_each_with_its_line() =>
        Assert.Equal(
            [
                "job.yaml:5: '&w' job files have no anchors; write the value where it is used (or quote it, when the & is meant)",
                "job.yaml:6: '*w' job files have no aliases; write the value out (or quote it, when the * is meant)",
            ],
            JobText.Problems($"{JobText.Head}metadata: {{}}\nspec:\n  workers: &w 2\n  batch: *w\n  nonsense: 1\n"));

    [Theory]
    [InlineData("spec:\n  : digits\n  seed: 1\n", "job.yaml:2:3: not valid YAML: in the section that begins here, a key or a value is missing")]
    [InlineData("a: *a *a", "job.yaml:1:1: not valid YAML: in the section that begins here, a key or a value is missing")]
    public void YamlDotNet_gave_a_key_without_a_value(string yaml, string problem) => Assert.Equal(problem, Assert.Single(JobText.Problems(yaml)));

    [Fact]
    public void A_bomb_of_aliases_is_refused()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 30; i++)
            bomb.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n");

        Assert.All(JobText.Problems(bomb.ToString())[..^1], p => Assert.Contains("job files have no a", p, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("!!int 5")]
    [InlineData("!python/object:os.system x")]
    public void Tags_are_refused(string value) =>
        Assert.Contains("job files have no tags", Assert.Single(JobText.Problems(JobText.WithSpec($"  workers: {value}"))), StringComparison.Ordinal);

    [Fact]
    public void A_second_document_is_refused() =>
        Assert.Equal("job.yaml:4: another document starts here; a job file holds one", Assert.Single(JobText.Problems($"{JobText.Head}spec: {{}}\n---\nspec: {{}}\n")));

    [Fact]
    public void A_document_above_256_KiB_is_refused_by_its_bytes()
    {
        var comment = new string('é', 100 * 1024);

        Assert.NotNull(JobText.Job($"{JobText.Head}# {comment}"));
        Assert.Equal("job.yaml: is larger than 256 KiB, the most that a job file may have", Assert.Single(JobText.Problems($"{JobText.Head}# {comment}{comment}")));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Deep_nesting_took_YamlDotNet_forty_seconds_and_is_cut_short(string opening)
    {
        var problem = Assert.Single(JobText.Problems(string.Concat(Enumerable.Repeat(opening, 50_000))));

        Assert.EndsWith("not valid YAML: sections and lists may stand at most 64 deep in each other", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_file() => Assert.NotNull(JobText.Job("\uFEFF" + JobText.Head));

    [Fact]
    public void Line_ends_of_Windows_are_as_good() =>
        Assert.Equal(8, JobText.Job(JobText.WithSpec("  workers: 8\n  batch: 64").ReplaceLineEndings("\r\n")).Spec.Workers);

    [Fact]
    public void A_key_must_be_a_name() =>
        Assert.Equal("job.yaml:4: spec: has a list or section in the place of a key; keys are plain names", Assert.Single(JobText.Problems(JobText.WithSpec("  ? [a, b]\n  : 1"))));

    [Fact]
    public void A_twice_given_key_in_an_override_is_reported_too() =>
        Assert.Equal("--set optimizer={lr: 1, lr: 2}: spec.optimizer: 'lr' is given twice; keep one", Assert.Single(JobText.Problems(null, "optimizer={lr: 1, lr: 2}")));

    [Fact]
    public void No_text_makes_reading_throw()
    {
        var valid = JobFile.Write(JobText.Job(null));
        var noise = Gen.OneOf(Gen.String[Gen.Char["{}[]:,-?&*!|>'\"%@`#~ \t\n\r0a\\"], 0, 6], Gen.String[0, 4]);
        Gen.Select(Gen.Int[0, valid.Length], Gen.Int[0, 40], noise)
            .Array[1, 4]
            .Sample(edits =>
            {
                var text = edits.Aggregate(valid, (t, edit) =>
                {
                    var (at, length, inserted) = edit;
                    at = Math.Min(at, t.Length);
                    return t.Remove(at, Math.Min(length, t.Length - at)).Insert(at, inserted);
                });
                var result = JobText.Read(text, text[..Math.Min(20, text.Length)]);
                Assert.Equal(result.Job is null, result.Problems.Count > 0);
                Assert.All(result.Problems, p => Assert.DoesNotContain('\n', p.ToString()));
            });
    }
}
