using System.Security.Cryptography;
using System.Text;
using DistTrain.Security.Access;

namespace DistTrain.Security.Tests.Access;

[Trait("Kind", "Fast")]
public sealed class AccessRulesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_token_is_known_by_its_digest_alone()
    {
        var rules = Read($"tokens:\n- {{name: alice, role: submitter, sha256: {Digest("secret")}}}\n- {{name: ops, role: operator, sha256: {Digest("other")}}}\n");
        Assert.Equal("alice", rules.Tokens.Find("secret")?.Name);
        Assert.Equal("operator", rules.Tokens.Find("other")?.Role);
        Assert.All(["", "secre", "secret ", "Secret", Digest("secret")], wrong => Assert.Null(rules.Tokens.Find(wrong)));
    }

    [Fact]
    public void A_submitter_has_its_own_limits_or_those_of_all()
    {
        var rules = Read("limits: {jobs: 2, steps: 10}\nsubmitters:\n  alice: {jobs: 8}\n  bob:\n");
        Assert.Equal(new SubmitterLimits(Jobs: 2, Steps: 10), rules.LimitsOf("carol"));
        Assert.Equal(new SubmitterLimits(Jobs: 8), rules.LimitsOf("alice"));
        Assert.Equal(new SubmitterLimits(), rules.LimitsOf("bob"));
        Assert.Equal(new SubmitterLimits(), Read("").LimitsOf("carol"));
    }

    [Fact]
    public void All_problems_are_named_at_once()
    {
        var digest = Digest("secret");
        var problems = Problems($$"""
            tokens:
            - {role: boss, sha256: abc}
            - {name: alice, role: submitter, sha256: {{digest}}}
            - {name: bob, role: submitter, sha256: {{digest.ToLowerInvariant()}}}
            jwt: {authority: "http://login.example.com"}
            limits: {jobs: -1}
            submitters:
              alice: {steps: -2}
            """);
        Assert.Collection(
            problems,
            p => Assert.Contains("tokens[0].name is missing", p, StringComparison.Ordinal),
            p => Assert.Contains("tokens[0].role is 'boss'", p, StringComparison.Ordinal),
            p => Assert.Contains("tokens[0].sha256 is not 64 hexadecimal digits", p, StringComparison.Ordinal),
            p => Assert.Contains("alice and bob have the same token", p, StringComparison.Ordinal),
            p => Assert.Contains("jwt.authority is 'http://login.example.com'", p, StringComparison.Ordinal),
            p => Assert.Contains("jwt.audience is missing", p, StringComparison.Ordinal),
            p => Assert.Contains("limits.jobs is -1", p, StringComparison.Ordinal),
            p => Assert.Contains("submitters.alice.steps is -2", p, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tokens: {", "access.yaml(")]
    [InlineData("tokns: []", "tokns")]
    [InlineData("limits: {jobs: many}", "access.yaml(1)")]
    public void What_is_no_access_file_is_refused_with_its_line(string text, string part) =>
        Assert.Contains(Problems(text), p => p.Contains(part, StringComparison.Ordinal));

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains(_folder["none"], Assert.Throws<SecurityFileException>(() => AccessRules.Read(_folder["none"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_limit_that_is_exceeded_is_named()
    {
        var limits = new SubmitterLimits(Jobs: 1, Ranks: 4, Steps: 100);
        Assert.Empty(limits.Exceeded(new SubmitterLimits(Jobs: 1, Ranks: 4, Steps: 100, Parameters: long.MaxValue)));
        Assert.Equal(2, limits.Exceeded(new SubmitterLimits(Jobs: 2, Ranks: 4, Steps: 101)).Count());
    }

    private static string Digest(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private AccessRules Read(string text)
    {
        File.WriteAllText(_folder["access.yaml"], text);
        return AccessRules.Read(_folder["access.yaml"]);
    }

    private string[] Problems(string text) => Assert.Throws<SecurityFileException>(() => Read(text)).Message.Split(Environment.NewLine);
}
