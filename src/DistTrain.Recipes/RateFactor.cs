namespace DistTrain.Recipes;

/// <summary>What the learning rate of some parameters is multiplied by.</summary>
/// <param name="Pattern">Over their names: * stands for any characters, ? for one.</param>
/// <param name="Factor">Above 0.</param>
public sealed record RateFactor(string Pattern, double Factor);
