namespace DistTrain.Security.Access;

/// <summary>Which tokens of an identity provider are taken.</summary>
/// <param name="Authority">The provider; its keys come from its discovery document.</param>
/// <param name="Audience">What the tokens have to be made for.</param>
/// <param name="RoleClaim">The claim that carries one of <see cref="CallerRoles"/>.</param>
public sealed record JwtRules(Uri Authority, string Audience, string RoleClaim);
