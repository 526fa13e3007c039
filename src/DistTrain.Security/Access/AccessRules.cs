using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace DistTrain.Security.Access;

/// <summary>
/// The access file of a cluster: who else than the holders of certificates may come in, and what a submitter may have. YAML:
/// <code>
/// tokens:
/// - {name: alice, role: submitter, sha256: 5e88...}   # of the token's bytes
/// jwt: {authority: https://login.example.com, audience: disttrain, roleClaim: roles}
/// limits: {jobs: 4, ranks: 64, parameters: 100000000, bytes: 8000000000, steps: 1000000}
/// submitters:
///   alice: {jobs: 8}                                  # in place of limits
/// </code>
/// </summary>
public sealed class AccessRules
{
    private readonly IReadOnlyDictionary<string, SubmitterLimits> _own;
    private readonly SubmitterLimits _limits;

    private AccessRules(TokenTable tokens, JwtRules? jwt, SubmitterLimits limits, IReadOnlyDictionary<string, SubmitterLimits> own) =>
        (Tokens, Jwt, _limits, _own) = (tokens, jwt, limits, own);

    /// <summary>No tokens and no limits.</summary>
    public static AccessRules None { get; } = new(new TokenTable([]), null, new SubmitterLimits(), new Dictionary<string, SubmitterLimits>());

    public TokenTable Tokens { get; }

    /// <summary>Tokens of an identity provider; null: none are taken.</summary>
    public JwtRules? Jwt { get; }

    /// <summary>What a submitter may have.</summary>
    public SubmitterLimits LimitsOf(string submitter) => _own.GetValueOrDefault(submitter, _limits);

    /// <summary>Reads an access file.</summary>
    /// <exception cref="SecurityFileException">It can't be read, or breaks rules: all of them are named, one a line.</exception>
    public static AccessRules Read(string path)
    {
        Document document;
        try
        {
            document = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithDuplicateKeyChecking().Build()
                .Deserialize<Document?>(File.ReadAllText(path)) ?? new Document();
        }
        catch (YamlException e)
        {
            throw new SecurityFileException($"{path}({e.Start.Line}): {(e.InnerException ?? e).Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecurityFileException($"the access file can't be read: {e.Message}", e);
        }

        var problems = Problems(document).ToList();
        if (problems.Count > 0)
            throw new SecurityFileException(string.Join(Environment.NewLine, problems.Select(p => $"{path}: {p}")));
        return new AccessRules(
            new TokenTable([.. document.Tokens.Select(t => new KnownToken(t.Name, t.Role, Convert.FromHexString(t.Sha256)))]),
            document.Jwt is { } jwt ? new JwtRules(new Uri(jwt.Authority), jwt.Audience, jwt.RoleClaim) : null,
            document.Limits.ToLimits(),
            document.Submitters.ToDictionary(s => s.Key, s => (s.Value ?? new LimitsSection()).ToLimits(), StringComparer.Ordinal));
    }

    private static IEnumerable<string> Problems(Document document)
    {
        foreach (var (index, token) in document.Tokens.Index())
        {
            var path = $"tokens[{index}]";
            if (token.Name.Length == 0)
                yield return $"{path}.name is missing: give the name that limits and the audit log go by";
            if (!CallerRoles.All.Contains(token.Role))
                yield return $"{path}.role is '{token.Role}': use one of {string.Join(", ", CallerRoles.All)}";
            if (token.Sha256.Length != 64 || !token.Sha256.All(char.IsAsciiHexDigit))
                yield return $"{path}.sha256 is not 64 hexadecimal digits: give what 'sha256sum' prints for the file with the token and nothing behind it";
        }

        foreach (var same in document.Tokens.Where(t => t.Sha256.Length > 0).GroupBy(t => t.Sha256, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            yield return $"tokens: {string.Join(" and ", same.Select(t => t.Name))} have the same token; give each their own";
        if (document.Jwt is { } jwt)
        {
            if (!Uri.TryCreate(jwt.Authority, UriKind.Absolute, out var authority) || authority.Scheme != Uri.UriSchemeHttps)
                yield return $"jwt.authority is '{jwt.Authority}': give the provider's address, https://...";
            if (jwt.Audience.Length == 0)
                yield return "jwt.audience is missing: without it a token that was made for something else would do";
        }

        foreach (var problem in document.Limits.Problems("limits"))
            yield return problem;
        foreach (var (name, limits) in document.Submitters)
        {
            foreach (var problem in limits?.Problems($"submitters.{name}") ?? [])
                yield return problem;
        }
    }

#pragma warning disable CA1812 // Made by the deserializer.
    private sealed class Document
    {
        public List<TokenSection> Tokens { get; set; } = [];

        public JwtSection? Jwt { get; set; }

        public LimitsSection Limits { get; set; } = new();

        public Dictionary<string, LimitsSection?> Submitters { get; set; } = [];
    }

    private sealed class TokenSection
    {
        public string Name { get; set; } = string.Empty;

        public string Role { get; set; } = string.Empty;

        public string Sha256 { get; set; } = string.Empty;
    }

    private sealed class JwtSection
    {
        public string Authority { get; set; } = string.Empty;

        public string Audience { get; set; } = string.Empty;

        public string RoleClaim { get; set; } = "roles";
    }
#pragma warning restore CA1812

    private sealed class LimitsSection
    {
        public long? Jobs { get; set; }

        public long? Ranks { get; set; }

        public long? Parameters { get; set; }

        public long? Bytes { get; set; }

        public long? Steps { get; set; }

        public SubmitterLimits ToLimits() => new(Jobs, Ranks, Parameters, Bytes, Steps);

        public IEnumerable<string> Problems(string path) =>
            new (string Key, long? Value)[] { ("jobs", Jobs), ("ranks", Ranks), ("parameters", Parameters), ("bytes", Bytes), ("steps", Steps) }
                .Where(limit => limit.Value < 0)
                .Select(limit => FormattableString.Invariant($"{path}.{limit.Key} is {limit.Value}: give 0 or more, or leave it out for no limit"));
    }
}
