namespace DistTrain.Recipes.Tests;

[Trait("Kind", "Fast")]
public sealed class JobProblemTests
{
    [Fact]
    public void A_problem_is_one_line_of_where_what_and_the_way_out() =>
        Assert.Equal(
            "job.yaml:12: spec.optimizer.name: 'momentm' is not an optimizer; use one of momentum (did you mean 'momentum'?)",
            new JobProblem("spec.optimizer.name", "momentm", "is not an optimizer; use one of momentum", "momentum", "job.yaml", 12).ToString());

    [Fact]
    public void Parts_that_are_not_known_are_left_out() =>
        Assert.Equal("job.yaml: the file is empty", new JobProblem("", null, "the file is empty", null, "job.yaml", null).ToString());

    [Fact]
    public void A_column_follows_its_line() =>
        Assert.Equal("job.yaml:3:7: not valid YAML", new JobProblem("", null, "not valid YAML", null, "job.yaml", 3, 7).ToString());

    [Fact]
    public void What_the_user_wrote_neither_breaks_the_line_nor_fills_it()
    {
        var line = new JobProblem("spec.seed", "a\nb\u001b[31m" + new string('x', 500), "is not a whole number", null, "job.yaml", 3).ToString();

        Assert.DoesNotContain(line, char.IsControl);
        Assert.InRange(line.Length, 80, 160);
    }
}
